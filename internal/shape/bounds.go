package main

import (
	"fmt"
	"slices"
)

// The widths that count as too wide. A tab counts as four columns.
const (
	tabWidth        = 4
	maxCommentWidth = 80
	maxCodeWidth    = 120
)

// A function with more lines than this, tables aside, has at least one blank
// line.
const maxUnbroken = 25

// bounds are what -check accepts. They are a little wider than the tree was
// when they were set: change one only together with the reason.
var bounds = struct {
	productFile, testFile int     // lines of the largest file
	productP90            int     // lines of the 90th percentile of functions
	productBlank          float64 // percent of the lines in bodies, at least
	productWideCode       int     // lines wider than maxCodeWidth
}{
	productFile:     400,
	testFile:        600,
	productP90:      30,
	productBlank:    9,
	productWideCode: 200, // most are texts of the pages, one a line
}

// violations returns a sentence for every bound that is broken.
func violations(sums []Figures) []string {
	product, tests := sums[Product], sums[Tests]
	var broken []string
	complain := func(format string, args ...any) {
		broken = append(broken, fmt.Sprintf(format, args...))
	}

	if f := product.Largest; f.Lines > bounds.productFile {
		complain("%s has %d lines; product files have at most %d", f.Path, f.Lines, bounds.productFile)
	}

	if f := tests.Largest; f.Lines > bounds.testFile {
		complain("%s has %d lines; test files have at most %d", f.Path, f.Lines, bounds.testFile)
	}

	if got := product.percentile(90); got > bounds.productP90 {
		complain("the 90th percentile of function lengths is %d lines; the limit is %d", got, bounds.productP90)
	}

	if got := product.blankShare(); got < bounds.productBlank {
		complain("%.1f %% of the lines in function bodies are blank; the minimum is %.1f %%",
			got, bounds.productBlank)
	}

	if got := len(product.WideCode); got > bounds.productWideCode {
		complain("%d lines of code are wider than %d columns; the limit is %d", got, maxCodeWidth, bounds.productWideCode)
	}

	for _, p := range slices.Concat(product.WideComments, tests.WideComments, sums[Other].WideComments) {
		complain("%s:%d: the comment is %d columns wide; the limit is %d", p.Path, p.Line, p.Size, maxCommentWidth)
	}
	for _, p := range slices.Concat(product.Unbroken, tests.Unbroken) {
		complain("%s:%d: %s has %d lines and no blank line", p.Path, p.Line, p.What, p.Size)
	}

	return broken
}
