// Package spelling suggests corrections for misspelt words.
package spelling

// Nearest returns the known word that is the fewest edits away from word, but
// at most maxEdits, or "" if there is none. Of several equally near words it
// returns the first.
func Nearest(word string, known []string, maxEdits int) string {
	nearest, fewest := "", maxEdits+1
	for _, k := range known {
		if n := edits(word, k); n < fewest {
			nearest, fewest = k, n
		}
	}
	return nearest
}

// edits returns the Levenshtein distance: how many letters to insert, delete or
// replace to get from a to b.
func edits(a, b string) int {
	// row holds the distances of the prefixes of b from the current prefix
	// of a.
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}

	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1

		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}

			diagonal, row[j+1] = row[j+1], cost
		}
	}

	return row[len(b)]
}
