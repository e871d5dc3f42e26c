package cli

import (
	"fmt"
	"slices"
	"strings"
)

// List prints things of one kind, a line each. In a pipe every column is there,
// and whole. On a terminal columns without a value are left out, texts are
// shortened, and if that is not enough, the last columns are left out.
type List struct {
	e       Env
	columns []string
	rows    [][]any
	shown   []int // the columns of the last page on a terminal
	printed bool
	hidden  []string // the columns for which there was no room
}

// minText is how short a text may get before columns are left out.
const minText = 8

// List returns a list with columns, the most important first.
func (e Env) List(columns ...string) *List { return &List{e: e, columns: columns} }

// Add adds a line. With --json it prints the object at once, or without one
// (nil) the cells under the names of the columns.
func (l *List) Add(object any, cells ...any) error {
	if !l.e.JSON {
		l.rows = append(l.rows, cells)
		return nil
	}

	if object == nil {
		o := Object{}
		for i, name := range l.columns {
			o[member(name)] = cells[i]
		}
		object = o
	}
	return l.e.Encode(object)
}

// Flush prints the lines that were added since the last time. The columns of
// one such page are aligned, not those of all, so that a long list begins at
// once.
func (l *List) Flush() error {
	if l.e.JSON || l.printed && len(l.rows) == 0 {
		return nil
	}

	table := make([][]string, len(l.rows))
	for i, cells := range l.rows {
		for _, v := range cells {
			table[i] = append(table[i], l.e.cell(v, shortTime))
		}
	}

	shown := l.layOut(table)
	g := NewGrid(l.e.Out)
	if !l.printed || !slices.Equal(shown, l.shown) {
		l.head(g, shown)
	}
	for _, cells := range table {
		writeCells(g, cells, shown)
	}

	l.printed, l.shown, l.rows = true, shown, nil
	return g.Flush()
}

// Close prints what is left, and which columns were left out for want of width.
func (l *List) Close() error {
	err := l.Flush()
	if err == nil && len(l.hidden) > 0 {
		_, err = fmt.Fprintf(l.e.Out, "(too narrow for %s)\n", strings.Join(l.hidden, ", "))
	}
	return err
}

func (l *List) head(g *Grid, shown []int) {
	heads := slices.Clone(l.columns)
	if l.e.Colour {
		for i, name := range heads {
			heads[i] = "\x1b[1m" + name + "\x1b[0m"
		}
	}
	writeCells(g, heads, shown)
}

func writeCells(g *Grid, cells []string, shown []int) {
	for n, i := range shown {
		if n > 0 {
			_, _ = g.Write([]byte("\t"))
		}
		_, _ = g.Write([]byte(cells[i]))
	}
	_, _ = g.Write([]byte("\n"))
}

// layOut returns which columns are shown, and shortens texts of the table to
// what fits.
func (l *List) layOut(table [][]string) (shown []int) {
	widths := make([]int, len(l.columns))
	for i, name := range l.columns {
		filled := len(table) == 0
		widths[i] = width(name)
		for _, cells := range table {
			widths[i] = max(widths[i], width(cells[i]))
			filled = filled || cells[i] != ""
		}
		if filled || l.e.Screen == nil {
			shown = append(shown, i)
		}
	}
	if l.e.Screen == nil {
		return shown
	}

	room, _ := l.e.Screen.Size()
	for {
		over := l.shrink(shown, widths, room)
		if over <= 0 || len(shown) == 1 {
			break
		}
		last := shown[len(shown)-1]
		shown = shown[:len(shown)-1]
		if name := l.columns[last]; !slices.Contains(l.hidden, name) {
			l.hidden = append([]string{name}, l.hidden...)
		}
	}

	for _, cells := range table {
		for _, i := range shown {
			if l.isText(i) {
				cells[i] = shorten(cells[i], widths[i])
			}
		}
	}
	return shown
}

// shrink makes the texts among the columns narrower, the widest first, until
// the columns fit into room. It returns by how much they are still too wide;
// then it has changed nothing.
func (l *List) shrink(shown, widths []int, room int) (over int) {
	try := slices.Clone(widths)
	for {
		total, widest := -gap, -1
		for _, i := range shown {
			total += try[i] + gap
			least := max(minText, width(l.columns[i]))
			if l.isText(i) && try[i] > least && (widest < 0 || try[i] > try[widest]) {
				widest = i
			}
		}

		if over = total - room; over <= 0 {
			copy(widths, try)
			return over
		}
		if widest < 0 {
			return over
		}
		try[widest]--
	}
}

// isText reports whether the cells of a column may be shortened.
func (l *List) isText(column int) bool {
	for _, cells := range l.rows {
		if _, ok := cells[column].(Text); ok {
			return true
		}
	}
	return false
}
