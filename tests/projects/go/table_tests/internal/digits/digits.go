// Package digits holds the values of the letters.
package digits

// Digit is a letter, or two, with its value.
type Digit struct {
	Value int
	Text  string
}

// All are in falling order.
var All = []Digit{
	{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"},
	{50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"},
}
