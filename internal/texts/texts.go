// Package texts is everything that buyers and shops read on the pages and in
// e-mails, in every language: a file for each, such as fr.json. Whoever
// translates edits that file alone.
//
// It guarantees, by its tests, that every language has the same texts with the
// same placeholders, and every plural form that it needs. What the words stand
// in belongs to others: pages and mail fill the placeholders.
//
// The sentences of errors are the exception: those of package fault are
// English, and the files of other languages translate them by their codes.
package texts

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed *.json
var files embed.FS

// Default is the language of who asks for none that we have.
const Default = "en"

// All are all texts in one language. Words in {braces} are placeholders. The
// structs named Script are what the scripts of the pages get.
type All struct {
	// Lang is the language, such as "fr".
	Lang string `json:"-"`
	// Direction is how the language is written: ltr, or rtl from right to left.
	Direction string

	Common       Common
	Lines        Lines
	Shop         Shop
	Checkout     Checkout
	Complete     Complete
	Find         Find
	Receipt      Receipt
	Consent      Consent
	Links        Links                   // to the shop's own pages
	Instructions map[string]Instructions // by what the buyer has to do
	Errors       Errors
	Every        map[string]Plural // by Stripe's interval: "every {count} months"
	Dates        Dates
	Mail         Mail
	Connect      Connect
	Dashboard    Dashboard // of a connected account
	Mirror       Mirror
}

// Languages returns the languages that there are texts in, the default first
// and the others by their codes.
var Languages = sync.OnceValue(func() []string {
	list := []string{Default}
	names, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the folder is embedded: cannot happen
	}

	for _, name := range names {
		if lang := strings.TrimSuffix(path.Base(name.Name()), ".json"); lang != Default {
			list = append(list, lang)
		}
	}

	return list
})

// Has reports whether there are texts in a language.
func Has(lang string) bool { return slices.Contains(Languages(), lang) }

// Of returns a copy of the texts in a language, and of those in English for a
// language that there are none in. Its maps are shared and must not be changed.
func Of(lang string) *All {
	t, ok := all()[lang]
	if !ok {
		t = all()[Default]
	}
	return &t
}

// all reads every file once. The tests have read them before: a file that
// cannot be read is a mistake of ours.
var all = sync.OnceValue(func() map[string]All {
	m := make(map[string]All)
	for _, lang := range Languages() {
		t, err := read(lang)
		if err != nil {
			panic(err)
		}
		m[lang] = t
	}
	return m
})

// read returns the texts of a language's file. A key that no text has is an
// error.
func read(lang string) (t All, err error) {
	data, err := files.ReadFile(lang + ".json")
	if err != nil {
		return t, fmt.Errorf("texts: %w", err)
	}

	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()

	if err := d.Decode(&t); err != nil {
		return t, fmt.Errorf("texts: %s.json: %w", lang, err)
	}

	t.Lang = lang
	return t, nil
}

// Often returns how often something is paid for: "every 3 months".
func (t *All) Often(interval string, count int64) string {
	n := max(count, 1)
	return Fill(t.Every[interval].For(t.Lang, n), "count", strconv.FormatInt(n, 10))
}

// Fill replaces {names} by values: Fill("Pay {total}", "total", "5 €").
func Fill(text string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		text = strings.ReplaceAll(text, "{"+pairs[i]+"}", pairs[i+1])
	}
	return text
}
