// Package numerals reads and writes Roman numerals.
package numerals

import (
	"errors"
	"strings"

	"example.com/numerals/internal/digits"
)

// ErrRange is returned for numbers that have no numeral.
var ErrRange = errors.New("numerals go from 1 to 3999")

// Format writes n as a numeral.
func Format(n int) (string, error) {
	if n < 1 || n > 3999 {
		return "", ErrRange
	}
	var text strings.Builder
	for _, digit := range digits.All {
		for n > digit.Value {
			text.WriteString(digit.Text)
			n -= digit.Value
		}
	}
	return text.String(), nil
}

// Parse reads a numeral that Format could have written.
func Parse(text string) (int, error) {
	n := 0
	rest := strings.ToUpper(text)
	for _, digit := range digits.All {
		for strings.HasPrefix(rest, digit.Text) {
			n += digit.Value
			rest = rest[len(digit.Text):]
		}
	}
	if again, err := Format(n); rest != "" || err != nil || again != strings.ToUpper(text) {
		return 0, errors.New("not a numeral: " + text)
	}
	return n, nil
}
