// Package cleantext cleans text that people typed or copied: names, addresses,
// codes, settings.
//
// Copied text often carries characters that nobody sees. Contacts wrap phone
// numbers in marks that set their direction, and web pages put soft hyphens
// into words. These characters mean nothing to a shop, so Line drops them. It
// keeps the joiners, without which Persian, Sinhala and Hindi names and family
// emoji fall apart
// (https://www.unicode.org/reports/tr31/#Layout_and_Format_Control_Characters).
package cleantext

import (
	"bytes"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrControl is the error for text with a line break, another control character
// or bytes that are not UTF-8.
var ErrControl = errors.New("cleantext: it contains a line break, a control character or invalid UTF-8")

// Zero width joiner and non-joiner.
const (
	nonJoiner = '\u200c'
	joiner    = '\u200d'
)

// invisible are the characters that Line drops: format characters without a
// shape of their own, and without effect on the shape of their neighbors.
var invisible = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x00ad, Hi: 0x00ad, Stride: 1}, // soft hyphen
		{Lo: 0x061c, Hi: 0x061c, Stride: 1}, // Arabic letter mark
		{Lo: 0x180e, Hi: 0x180e, Stride: 1}, // Mongolian vowel separator
		{Lo: 0x200b, Hi: 0x200b, Stride: 1}, // zero width space
		{Lo: 0x200e, Hi: 0x200f, Stride: 1}, // direction marks
		{Lo: 0x202a, Hi: 0x202e, Stride: 1}, // embeddings and overrides
		{Lo: 0x2060, Hi: 0x206f, Stride: 1}, // word joiner, invisible operators, isolates
		{Lo: 0xfeff, Hi: 0xfeff, Stride: 1}, // byte order mark
		{Lo: 0xfff9, Hi: 0xfffb, Stride: 1}, // annotation marks
	},
	R32: []unicode.Range32{
		{Lo: 0xe0000, Hi: 0xe007f, Stride: 1}, // tags
	},
}

// Line returns one line of text without invisible characters, and without
// white space around it. Text of nothing but joiners is empty. The error is
// ErrControl.
func Line(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", ErrControl
	}

	s = strings.TrimSpace(strings.Map(visible, s))
	if strings.ContainsFunc(s, isControl) {
		return "", ErrControl
	}

	if strings.Trim(s, string([]rune{nonJoiner, joiner})) == "" {
		return "", nil
	}

	return s, nil
}

// HasControl reports whether s contains a line break, another control character
// or bytes that are not UTF-8.
func HasControl(s string) bool { return !utf8.ValidString(s) || strings.ContainsFunc(s, isControl) }

func visible(r rune) rune {
	if unicode.Is(invisible, r) {
		return -1
	}
	return r
}

// isControl reports whether r ends a line or controls a device.
func isControl(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029'
}

// WithoutBOM returns data without the byte order mark that some editors write
// at the beginning of a file.
func WithoutBOM(data []byte) []byte {
	return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
}
