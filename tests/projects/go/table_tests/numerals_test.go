package numerals_test

import (
	"errors"
	"fmt"
	"testing"

	"example.com/numerals"
)

func TestFormat(t *testing.T) {
	cases := map[string]struct {
		n    int
		want string
	}{
		"one":             {1, "I"},
		"four":            {4, "IV"},
		"a year (recent)": {2024, "MMXXIV"},
		"the last/most":   {3999, "MMMCMXCIX"},
	}
	for name, c := range cases {
		c := c
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := numerals.Format(c.n)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("Format(%d) = %q, want %q", c.n, got, c.want)
			}
		})
	}
}

func TestOutOfRange(t *testing.T) {
	for _, n := range []int{-1, 0, 4000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			if _, err := numerals.Format(n); !errors.Is(err, numerals.ErrRange) {
				t.Errorf("Format(%d): got error %v, want %v", n, err, numerals.ErrRange)
			}
		})
	}
}

func TestRoundTrip(t *testing.T) {
	for n := 1; n < 4000; n += 7 {
		text, _ := numerals.Format(n)
		if got, err := numerals.Parse(text); err != nil || got != n {
			t.Fatalf("Parse(%q) = %d, %v, want %d", text, got, err, n)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "IIII", "IC", "abc"} {
		if got, err := numerals.Parse(text); err == nil {
			t.Errorf("Parse(%q) = %d, want an error", text, got)
		}
	}
}

func TestUnicode(t *testing.T) {
	t.Skip("letters of their own are not supported yet")
}

func ExampleFormat() {
	text, _ := numerals.Format(1903)
	fmt.Println(text)
	// Output: MCMIII
}
