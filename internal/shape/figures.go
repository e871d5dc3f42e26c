package main

import (
	"cmp"
	"slices"
)

// Tree is what the source of a room is for.
type Tree int

// The trees, in the order of the report.
const (
	Product Tree = iota // Go that the server is built from
	Tests               // all other Go: tests and their helpers
	Other               // JavaScript, CSS, SQL and scripts
)

var treeNames = []string{Product: "product", Tests: "tests", Other: "other"}

// Figures are what was measured in a room, or in several of them.
type Figures struct {
	Name         string
	Tree         Tree
	Functions    []int // their lengths in lines, signature and braces included
	BodyLines    int   // lines between the braces of functions
	BlankLines   int   // the blank ones among them
	Largest      File
	WideComments []Place // comment lines wider than maxCommentWidth
	WideCode     []Place // code lines wider than maxCodeWidth
	Unbroken     []Place // long functions without a single blank line
}

// File is a source file and its number of lines.
type File struct {
	Path  string
	Lines int
}

// Place is a finding: where it is, and the number that makes it one.
type Place struct {
	Path string
	Line int
	What string // the name of a function
	Size int    // columns or lines
}

// percentile returns the length that p percent of the functions do not exceed.
func (f Figures) percentile(p int) int {
	if len(f.Functions) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(f.Functions))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}

// blankShare returns the share of blank lines in function bodies, in percent.
func (f Figures) blankShare() float64 {
	return 100 * float64(f.BlankLines) / float64(max(f.BodyLines, 1))
}

// add adds the figures of another room or file.
func (f *Figures) add(other Figures) {
	f.Functions = append(f.Functions, other.Functions...)
	f.BodyLines += other.BodyLines
	f.BlankLines += other.BlankLines
	f.WideComments = append(f.WideComments, other.WideComments...)
	f.WideCode = append(f.WideCode, other.WideCode...)
	f.Unbroken = append(f.Unbroken, other.Unbroken...)

	if other.Largest.Lines > f.Largest.Lines {
		f.Largest = other.Largest
	}
}

// totals returns the sum of the rooms of each tree, indexed by Tree.
func totals(rooms []Figures) []Figures {
	sums := make([]Figures, len(treeNames))
	for i, name := range treeNames {
		sums[i].Tree, sums[i].Name = Tree(i), name
	}

	for _, room := range rooms {
		sums[room.Tree].add(room)
	}
	return sums
}

// byTreeAndName orders rooms as the report does.
func byTreeAndName(a, b Figures) int {
	return cmp.Or(cmp.Compare(a.Tree, b.Tree), cmp.Compare(a.Name, b.Name))
}
