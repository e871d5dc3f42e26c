package main

import (
	"path/filepath"
	"regexp"
	"strings"
)

// commentMarks is what begins a comment line, by the extension of a file.
var commentMarks = map[string]string{
	".js":   `//|/?\*`,
	".ts":   `//|/?\*`,
	".css":  `/?\*`,
	".sql":  `--`,
	".sh":   `#`,
	".yml":  `#`,
	".yaml": `#`,
}

// commentMark returns the mark of a file that is not Go, or "" if the file is
// not source.
func commentMark(name string) string {
	base, folder := filepath.Base(name), filepath.Base(filepath.Dir(name))
	if base == "Makefile" || base == "Dockerfile" || folder == "scripts" || folder == ".ci" {
		return `#`
	}
	return commentMarks[filepath.Ext(name)]
}

// measureText finds the wide comment lines of a file that is not Go.
func measureText(name string, text []byte) Figures {
	comment := regexp.MustCompile(`^\s*(` + commentMark(name) + `)`)
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")

	figures := Figures{Largest: File{name, len(lines)}}
	for i, line := range lines {
		if columns := width(line); columns > maxCommentWidth && comment.MatchString(line) && canWrap(line) {
			figures.WideComments = append(figures.WideComments, Place{Path: name, Line: i + 1, Size: columns})
		}
	}
	return figures
}
