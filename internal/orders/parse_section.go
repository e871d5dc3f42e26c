package orders

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"checkoutd/internal/cleantext"
	"checkoutd/internal/spelling"
)

// section is a JSON object of a catalog: a product, a promotion, a rate, or a
// part of one. It returns its members by name, and collects what is wrong with
// them. A member that is null is as good as left out.
type section struct {
	wrong  *Mistakes
	place  string // what it is, for people: "product 2 (mug)"; "" for the file
	prefix string // before the names of members: "recurring."
	values map[string]json.RawMessage
	known  []string // the names that were asked for
	given  []string // the names of the members
	broken bool     // it is no object, which is said: nothing else is
}

// sectionOf returns the object that raw is. Another value is a mistake, and an
// section without members.
func sectionOf(wrong *Mistakes, place, prefix string, raw json.RawMessage) *section {
	e := &section{wrong: wrong, place: place, prefix: prefix, values: map[string]json.RawMessage{}}
	if kind := kindOf(raw); kind != "an object" {
		e.complain("it is %s; write an object: { … }", kind)
		e.broken = true
		return e
	}

	for _, m := range membersOf(raw) {
		name := strings.ToLower(m.name)
		if slices.Contains(e.given, name) {
			e.complainOf(m.name, "it is there twice; remove one of them")
		}

		e.given = append(e.given, name)
		if kindOf(m.value) != "null" {
			e.values[name] = m.value
		}
	}

	return e
}

// complain adds a mistake of the whole section.
func (e *section) complain(format string, args ...any) {
	e.add(strings.TrimSuffix(e.prefix, "."), fmt.Sprintf(format, args...))
}

// complainOf adds a mistake of a member.
func (e *section) complainOf(name, format string, args ...any) {
	e.add(e.prefix+name, fmt.Sprintf(format, args...))
}

func (e *section) add(name, sentence string) {
	if e.broken {
		return
	}
	for _, part := range []string{name, e.place} {
		if part != "" {
			sentence = part + ": " + sentence
		}
	}
	*e.wrong = append(*e.wrong, sentence)
}

// has reports whether a member is there.
func (e *section) has(name string) bool {
	_, ok := e.value(name)
	return ok
}

// value returns a member, which from then on is known.
func (e *section) value(name string) (json.RawMessage, bool) {
	if !slices.Contains(e.known, name) {
		e.known = append(e.known, name)
	}
	raw, ok := e.values[name]
	return raw, ok
}

// end complains of the members that nobody has asked for.
func (e *section) end() {
	for _, name := range e.given {
		if slices.Contains(e.known, name) {
			continue
		}

		if near := spelling.Nearest(name, e.known, 2); near != "" {
			e.complainOf(name, "there is no such member; write %s", near)
		} else {
			e.complainOf(name, "there is no such member; remove it, or write one of %s", strings.Join(e.known, ", "))
		}
	}
}

// into decodes a member of a kind. Another kind is a mistake, to which instead
// is the answer.
func (e *section) into(name string, kind string, to any, instead string) bool {
	raw, ok := e.value(name)
	if !ok {
		return false
	}

	if got := kindOf(raw); got != kind || json.Unmarshal(raw, to) != nil {
		e.complainOf(name, "it is %s; write %s", got, instead)
		return false
	}
	return true
}

// word returns a text for machines, "" if it is not there.
func (e *section) word(name, example string) (word string) {
	e.into(name, "a text", &word, "a text in quotes, such as "+example)
	return word
}

func (e *section) flag(name string) (on bool) {
	e.into(name, "true or false", &on, "true or false, without quotes")
	return on
}

// whole returns a whole number, and whether there is one.
func (e *section) whole(name, instead string) (n int64, ok bool) {
	raw, there := e.value(name)
	if !there {
		return 0, false
	}

	if err := json.Unmarshal(raw, &n); err != nil {
		e.complainOf(name, "%s is no whole number; write %s", shown(raw), instead)
		return 0, false
	}
	return n, true
}

// list returns the elements of a member.
func (e *section) list(name, instead string) (list []json.RawMessage) {
	e.into(name, "a list", &list, instead)
	return list
}

// inside returns the object of a member, nil if there is none.
func (e *section) inside(name string) *section {
	raw, ok := e.value(name)
	if !ok {
		return nil
	}
	return sectionOf(e.wrong, e.place, e.prefix+name+".", raw)
}

// texts is a text in one or several languages, by their canonical codes. ""
// has the first, or only, one.
type texts map[string]string

// in returns the text in a language.
func (t texts) in(lang string) string { return cmp.Or(t[lang], t[""]) }

// text returns a text for people: a line, or a line for each language. The
// languages are added to langs.
func (e *section) text(name, example string, langs *[]language.Tag) texts {
	raw, ok := e.value(name)
	if !ok {
		return nil
	}

	if kind := kindOf(raw); kind != "an object" {
		if kind != "a text" {
			e.complainOf(name, `it is %s; write a text in quotes, such as %s, or texts by language`, kind, example)
			return nil
		}
		return texts{"": e.line(name, raw)}
	}

	t := texts{}
	for _, m := range membersOf(raw) {
		of := name + "." + m.name
		tag, err := language.Parse(m.name)
		if err != nil || m.name == "" {
			e.complainOf(of, `%q is not the code of a language; write one such as "en", "de" or "pt-BR"`, m.name)
			continue
		}
		if _, twice := t[tag.String()]; twice {
			e.complainOf(of, "the language is there twice; remove one of them")
		}
		if kind := kindOf(m.value); kind != "a text" {
			e.complainOf(of, "it is %s; write a text in quotes", kind)
			continue
		}

		line := e.line(of, m.value)
		if line == "" {
			e.complainOf(of, "it is empty; write the text, or remove the language")
		}

		if len(t) == 0 {
			t[""] = line
		}

		t[tag.String()] = line
		*langs = append(*langs, tag)
	}

	return t
}

// line returns one line of clean text.
func (e *section) line(name string, raw json.RawMessage) (text string) {
	_ = json.Unmarshal(raw, &text) // it is a text
	clean, err := cleantext.Line(text)
	if err != nil {
		e.complainOf(name, "write one line of text, without control characters")
		return text
	}
	return clean
}

// shown returns a JSON value as a mistake may repeat it.
func shown(raw json.RawMessage) string {
	const most = 40
	text := []rune(string(raw))
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}
