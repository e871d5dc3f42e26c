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
	for i, room := range rooms {
		if i == 0 || room.Tree != rooms[i-1].Tree {
			rows.WriteString(treeNames[room.Tree] + header)
		}
		writeRow(&rows, room)
	}
	return align(rows.String()) + "\n" + totalReport(totals(rooms))
}

// totalReport returns one row for each tree.
func totalReport(sums []Figures) string {
	var rows strings.Builder
	rows.WriteString(header)
	for _, sum := range sums {
		writeRow(&rows, sum)
	}
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

func writeRow(rows *strings.Builder, f Figures) {
	if f.Tree == Other {
		fmt.Fprintf(rows, "%s\t-\t-\t-\t%d %s\t-\t%d\t-\t-\n",
			f.Name, f.Largest.Lines, f.Largest.Path, len(f.WideComments))
		return
	}

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
