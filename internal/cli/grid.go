package cli

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"
)

// Grid aligns cells that are separated by tabs, as text/tabwriter does: a cell
// is as wide as those above and below it, and the last one of a line ends
// where it ends. Colours have no width.
type Grid struct {
	out io.Writer
	buf bytes.Buffer
}

// gap is the space between two columns.
const gap = 2

// NewGrid returns a grid that writes to out when it is flushed.
func NewGrid(out io.Writer) *Grid { return &Grid{out: out} }

// Write adds text to the grid.
func (g *Grid) Write(p []byte) (int, error) { return g.buf.Write(p) }

// Flush writes the lines that were added since the last time.
func (g *Grid) Flush() error {
	text := g.buf.String()
	g.buf.Reset()
	if text == "" {
		return nil
	}

	var lines [][]string
	for line := range strings.Lines(text) {
		lines = append(lines, strings.Split(strings.TrimSuffix(line, "\n"), "\t"))
	}

	for column := 0; align(lines, column); column++ {
	}

	var out strings.Builder
	for _, cells := range lines {
		out.WriteString(strings.Join(cells, ""))
		out.WriteByte('\n')
	}
	_, err := io.WriteString(g.out, out.String())
	return err
}

// align pads the cells of a column in each run of lines that go on behind it.
// It reports whether there are any.
func align(lines [][]string, column int) (found bool) {
	for i := 0; i < len(lines); {
		end, widest := i, 0
		for end < len(lines) && len(lines[end]) > column+1 {
			widest = max(widest, width(lines[end][column]))
			end++
		}

		for _, cells := range lines[i:end] {
			cells[column] += strings.Repeat(" ", widest+gap-width(cells[column]))
			found = true
		}
		i = max(end, i+1)
	}
	return found
}

// width returns how many columns a text takes on a terminal.
func width(s string) int {
	n := utf8.RuneCountInString(s)
	for rest := s; ; {
		_, after, ok := strings.Cut(rest, "\x1b[")
		if !ok {
			return n
		}
		code, text, _ := strings.Cut(after, "m")
		n -= len("\x1b[") + len(code) + len("m")
		rest = text
	}
}

// shorten cuts a text that is longer than n columns, and marks that with "…".
func shorten(s string, n int) string {
	if runes := []rune(s); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return s
}
