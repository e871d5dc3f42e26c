// Shape measures how the source of this module is laid out: the length of
// functions, the size of files, the blank lines that set paragraphs apart, the
// width of comments and of code. `scripts/shape` prints the figures of every
// room; `scripts/shape -check`, which is part of `make lint`, prints the totals
// and fails when they have drifted past the bounds in bounds.go.
//
// It measures the Go code of the server apart from other Go, which is tests and
// their helpers, and in JavaScript, CSS, SQL and scripts only the comments.
// Generated files are skipped.
package main
