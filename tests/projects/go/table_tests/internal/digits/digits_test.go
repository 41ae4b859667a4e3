package digits

import "testing"

func TestFalling(t *testing.T) {
	for i := 1; i < len(All); i++ {
		if All[i].Value >= All[i-1].Value {
			t.Errorf("%s is not less than %s", All[i].Text, All[i-1].Text)
		}
	}
}
