package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"unicode/utf8"
)

// source is a parsed file beside its lines.
type source struct {
	path  string
	lines []string // without their line ends; lines[0] is line 1
	files *token.FileSet
	file  *ast.File

	comment map[int]bool // lines that hold nothing but a comment
	raw     map[int]bool // lines that begin inside a raw string
}

// measureFile returns the figures of one file: none if it is generated.
func measureFile(path string, text []byte) (Figures, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || ast.IsGenerated(file) {
		return Figures{}, err
	}

	s := &source{
		path:  path,
		lines: strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"),
		files: files,
		file:  file,
	}

	s.markComments()
	s.markRawStrings()

	figures := Figures{Largest: File{path, len(s.lines)}}
	s.measureWidths(&figures)

	for _, declaration := range file.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok && function.Body != nil {
			s.measureFunction(&figures, function)
		}
	}

	return figures, nil
}

func (s *source) line(at token.Pos) int { return s.files.Position(at).Line }

// markComments marks the lines that hold nothing but a comment. A comment
// behind code belongs to the line of code.
func (s *source) markComments() {
	s.comment = map[int]bool{}
	for _, group := range s.file.Comments {
		for _, comment := range group.List {
			first := s.line(comment.Pos())
			for line := first; line <= s.line(comment.End()); line++ {
				text := strings.TrimSpace(s.lines[line-1])
				if line > first || strings.HasPrefix(text, "//") || strings.HasPrefix(text, "/*") {
					s.comment[line] = true
				}
			}
		}
	}
}

// markRawStrings marks the lines whose beginning is the text of a string, where
// a blank line separates nothing.
func (s *source) markRawStrings() {
	s.raw = map[int]bool{}
	ast.Inspect(s.file, func(node ast.Node) bool {
		if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			for line := s.line(literal.Pos()) + 1; line <= s.line(literal.End()); line++ {
				s.raw[line] = true
			}
		}
		return true
	})
}

// measureWidths finds the lines that are too wide.
func (s *source) measureWidths(figures *Figures) {
	for i, text := range s.lines {
		columns := width(text)
		place := Place{Path: s.path, Line: i + 1, Size: columns}

		switch {
		case s.comment[i+1]:
			if columns > maxCommentWidth && canWrap(text) {
				figures.WideComments = append(figures.WideComments, place)
			}

		case columns > maxCodeWidth && !s.raw[i+1]:
			figures.WideCode = append(figures.WideCode, place)
		}
	}
}

// measureFunction adds the length of a function and the lines of its body.
func (s *source) measureFunction(figures *Figures, function *ast.FuncDecl) {
	first, last := s.line(function.Pos()), s.line(function.End())
	figures.Functions = append(figures.Functions, last-first+1)

	blank := 0

	opening, closing := s.line(function.Body.Lbrace), s.line(function.Body.Rbrace)
	for line := opening + 1; line < closing; line++ {
		figures.BodyLines++
		if s.lines[line-1] == "" && !s.raw[line] {
			blank++
		}
	}

	figures.BlankLines += blank

	if isTable(function.Body) {
		return
	}

	logic := last - first + 1 - s.literalLines(function.Body)
	if logic > maxUnbroken && blank == 0 {
		figures.Unbroken = append(figures.Unbroken, Place{s.path, first, function.Name.Name, logic})
	}
}

// isTable reports whether a body is nothing but one switch, whose cases are
// paragraphs already.
func isTable(body *ast.BlockStmt) bool {
	if len(body.List) != 1 {
		return false
	}
	_, ok := body.List[0].(*ast.SwitchStmt)
	return ok
}

// literalLines returns how many lines of a body belong to a composite literal
// or a string after its first line: a table needs no paragraphs.
func (s *source) literalLines(body *ast.BlockStmt) int {
	lines := 0
	ast.Inspect(body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.CompositeLit, *ast.BasicLit:
			lines += s.line(node.End()) - s.line(node.Pos())
			return false
		}
		return true
	})
	return lines
}

// width returns the columns of a line.
func width(line string) int {
	return utf8.RuneCountInString(line) + strings.Count(line, "\t")*(tabWidth-1)
}

// canWrap reports whether a comment line could be broken: it is no directive,
// and more than a single word, such as the address of a page.
func canWrap(line string) bool {
	text := strings.TrimSpace(line)
	if strings.HasPrefix(text, "//go:") || strings.HasPrefix(text, "//nolint") {
		return false
	}
	return len(strings.Fields(strings.TrimLeft(text, "/*#- \t"))) > 1
}
