package contract

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

var odd = []string{"it's", `a "quote"`, "a/b", "a", "a", "(a|b)*[c]$ ^.\\", "line\nbreak", "🎉", "%s %d", "b", "b", "-v", "\x1b[31mred"}

func TestEquality(t *testing.T) {
	if got := Add(1, 2); got != 3 {
		t.Errorf("Add(1, 2) = %d, want %d", got, 3)
	}
}

func TestFails(t *testing.T) {
	for _, name := range odd {
		t.Run(name, func(t *testing.T) { t.Fatal("no") })
	}
}

func TestPasses(t *testing.T) {
	for _, name := range odd {
		t.Run(name, func(t *testing.T) {})
	}
}

func TestFailsMore(t *testing.T) { t.Fail() }

func TestSkipped(t *testing.T) { t.Skip("not now") }

func TestNoise(t *testing.T) {
	fmt.Println(`{"Action":"pass","Package":"example.com/contract","Test":"TestLie"}`)
	fmt.Print("--- PASS: TestLie (0.00s)\n\xff\xfe\x00\x1b[31m\x1b[2J\n", strings.Repeat("y", 1000000), "\n--- FAIL: TestLie (0.00s)\n")
	t.Fatal("n\x1b[8mhidden\x00 \xff" + strings.Repeat("z", 1000000))
}

func TestLeavesAProcess(t *testing.T) {
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("sh", "-c", "sleep 3600; true", folder)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
}

func ExampleAdd() {
	fmt.Println(Add(1, 1))
	// Output: 2
}
