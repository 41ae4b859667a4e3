// Command wordcount counts the words of its input.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
)

// Count returns how often each word occurs, whatever its case.
func Count(in io.Reader) map[string]int {
	counts := map[string]int{}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		for _, word := range strings.Fields(lines.Text()) {
			counts[strings.Trim(word, ".,;:!?")]++
		}
	}
	return counts
}

// Top returns the n most frequent words, the first in the alphabet where two are as frequent.
func Top(counts map[string]int, n int) []string {
	words := make([]string, 0, len(counts))
	for word := range counts {
		words = append(words, word)
	}
	sort.Slice(words, func(i, j int) bool {
		if counts[words[i]] != counts[words[j]] {
			return counts[words[i]] > counts[words[j]]
		}
		return words[i] < words[j]
	})
	if n > len(words) {
		n = len(words)
	}
	return words[:n]
}

func main() {
	counts := Count(os.Stdin)
	for _, word := range Top(counts, 10) {
		fmt.Printf("%6d %s\n", counts[word], word)
	}
}
