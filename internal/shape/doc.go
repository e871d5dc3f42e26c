// Shape measures how the source of this module is laid out: the length of
// functions, the size of files, the blank lines that set paragraphs apart, the
// width of comments and of code. `scripts/shape` prints the figures of every
// room; `scripts/shape -check`, which is part of `make lint`, prints the totals
// and fails when they have drifted past the bounds in bounds.go.
//
// The code that the server is built from is measured apart from everything
// else, which is tests and their helpers. Generated files are left out.
package main
