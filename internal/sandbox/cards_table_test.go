package sandbox_test

import (
	"os"
	"strings"
	"testing"
)

// cardRow is a row of cards.txt, which the tests parse on their own.
type cardRow struct {
	key, number, brand, funding, country string
	names                                []string
	does                                 map[string]string
}

func cardRows(t *testing.T) []cardRow {
	t.Helper()
	raw, err := os.ReadFile("testcards/cards.txt")
	if err != nil {
		t.Fatal(err)
	}

	var out []cardRow
	for _, line := range strings.Split(string(raw), "\n") {
		f := strings.Fields(line)
		if len(f) < 4 || f[0] == "#" {
			continue
		}

		row := cardRow{
			key:     f[0],
			brand:   f[1],
			funding: f[2],
			country: f[3],
			does:    map[string]string{},
		}

		row.number, _, _ = strings.Cut(row.key, "/")

		for _, word := range f[4:] {
			key, value, _ := strings.Cut(word, "=")
			if row.does[key] = value; key == "name" {
				row.names = strings.Split(value, ",")
			}
		}

		out = append(out, row)
	}

	return out
}
