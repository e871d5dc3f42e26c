package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
)

const header = "\tfunctions\tmedian\tp90\tlargest file\tblank %\tcomments > 80\tcode > 120\tunbroken > 25\n"

// roomReport returns a table of the rooms, and the totals below it.
func roomReport(rooms []Figures) string {
	var rows strings.Builder
	tree := ""
	for _, room := range rooms {
		if title := treeOf(room); title != tree {
			tree = title
			rows.WriteString(tree + header)
		}

		writeRow(&rows, room)
	}

	product, tests := totals(rooms)
	return align(rows.String()) + "\n" + totalReport(product, tests)
}

// totalReport returns one row for the product and one for the tests.
func totalReport(product, tests Figures) string {
	var rows strings.Builder
	rows.WriteString(header)
	writeRow(&rows, product)
	writeRow(&rows, tests)
	return align(rows.String())
}

// placeReport returns what each room could mend, one place a line.
func placeReport(rooms []Figures) string {
	var lines strings.Builder
	for _, room := range rooms {
		for _, p := range room.WideComments {
			fmt.Fprintf(&lines, "%s:%d: comment of %d columns\n", p.Path, p.Line, p.Size)
		}

		for _, p := range room.WideCode {
			fmt.Fprintf(&lines, "%s:%d: code of %d columns\n", p.Path, p.Line, p.Size)
		}

		for _, p := range room.Unbroken {
			fmt.Fprintf(&lines, "%s:%d: %s has %d lines and no blank line\n", p.Path, p.Line, p.What, p.Size)
		}
	}

	return lines.String()
}

func treeOf(room Figures) string {
	if room.Test {
		return "tests"
	}
	return "product"
}

func writeRow(rows *strings.Builder, f Figures) {
	fmt.Fprintf(rows, "%s\t%d\t%d\t%d\t%d %s\t%.1f\t%d\t%d\t%d\n",
		f.Name, len(f.Functions), f.percentile(50), f.percentile(90), f.Largest.Lines, f.Largest.Path,
		f.blankShare(), len(f.WideComments), len(f.WideCode), len(f.Unbroken))
}

// align sets the columns of a table, which tabs separate.
func align(rows string) string {
	var aligned strings.Builder
	table := tabwriter.NewWriter(&aligned, 0, 0, 2, ' ', 0)

	// Writing into a Builder cannot fail.
	_, _ = table.Write([]byte(rows))
	_ = table.Flush()
	return aligned.String()
}
