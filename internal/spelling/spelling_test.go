package spelling_test

import (
	"testing"

	"checkoutd/internal/spelling"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"colorPrimary", "colorText", "borderRadius", "ADDR"}
	for word, want := range map[string]string{
		"colorPrimary":  "colorPrimary",
		"colorPrimay":   "colorPrimary",
		"colourPrimary": "colorPrimary",
		"coloourText":   "colorText",
		"boarderRadus":  "borderRadius",
		"ADR":           "ADDR",
		"AD":            "ADDR",
		"A":             "",
		"somethingElse": "",
		"":              "",
	} {
		if got := spelling.Nearest(word, known, 2); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}

	if got := spelling.Nearest("B", []string{"AA", "A", "C"}, 2); got != "A" {
		t.Errorf("got %q, want A, the first of the nearest", got)
	}
}
