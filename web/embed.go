// Package web holds the files that the browser gets: the page templates, and
// the style sheet, pictures and ES modules that the pages use. They are plain
// files, embedded as they are; there is no build step.
//
// internal/pages is the only reader.
package web

import (
	"embed"
	"io/fs"
)

//go:embed static templates
var files embed.FS

// Static holds style sheet, scripts and pictures, by their path below
// "static": "checkout.js", "products/mug.svg".
func Static() fs.FS { return sub("static") }

// Templates holds the html/template sources: "base.html", "shop.html", …
func Templates() fs.FS { return sub("templates") }

func sub(dir string) fs.FS {
	s, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // dir is a constant and valid: cannot happen
	}
	return s
}
