package cleantext_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"checkoutd/internal/cleantext"
)

func TestLine(t *testing.T) {
	t.Parallel()

	for name, tt := range map[string]struct{ in, want string }{
		"plain text":                     {"Jenny Rosen", "Jenny Rosen"},
		"white space around":             {" \t Jenny\u00a0", "Jenny"},
		"a Persian name with non-joiner": {"علی\u200cرضا", "علی\u200cرضا"},
		"a Sinhala name with joiner":     {"ශ්\u200dරී", "ශ්\u200dරී"},
		"a family emoji":                 {"👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"},
		"an emoji with a variation":      {"❤\ufe0f", "❤\ufe0f"},
		"a number copied from contacts":  {"\u202a+49 30 901820\u202c", "+49 30 901820"},
		"isolated directions":            {"\u2068Dana\u2069", "Dana"},
		"a direction mark and a space":   {"\u200e +1 555", "+1 555"},
		"an override":                    {"1 \u202edaoR", "1 daoR"},
		"a soft hyphen":                  {"Donau\u00addampf", "Donaudampf"},
		"a byte order mark":              {"\ufeffcode", "code"},
		"a word joiner":                  {"a\u2060b", "ab"},
		"nothing but joiners":            {"\u200d\u200c", ""},
		"a private character":            {"\ue000", "\ue000"},
		"an ideographic space":           {"山田\u3000太郎", "山田\u3000太郎"},
		"a line break around":            {"Jenny\n", "Jenny"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := cleantext.Line(tt.in); got != tt.want || err != nil {
				t.Errorf("Line(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
			}
		})
	}
}

func TestLineRefuses(t *testing.T) {
	t.Parallel()

	for name, in := range map[string]string{
		"a line break":          "Jenny\nRosen",
		"a carriage return":     "Jenny\rRosen",
		"a tab":                 "Jenny\tRosen",
		"a NUL":                 "Jenny\x00Rosen",
		"an escape":             "\x1b[31mred",
		"a C1 control":          "a\u0085b",
		"a line separator":      "a\u2028b",
		"a paragraph mark":      "a\u2029b",
		"bytes that are no UTF": "a\xffb",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := cleantext.Line(in); !errors.Is(err, cleantext.ErrControl) {
				t.Errorf("Line(%q) = %q, %v; want ErrControl", in, got, err)
			}
		})
	}
}

func TestWithoutBOM(t *testing.T) {
	t.Parallel()
	if got := string(cleantext.WithoutBOM([]byte("\ufeff{}"))); got != "{}" {
		t.Errorf("WithoutBOM = %q, want {}", got)
	}
}

func FuzzLine(f *testing.F) {
	for _, s := range []string{"", "Jenny", "\u202a+49\u202c", "علی\u200cرضا", "a\nb", "\xff"} {
		f.Add(s)
	}

	f.Fuzz(func(t *testing.T, in string) {
		got, err := cleantext.Line(in)
		if err != nil {
			return
		}

		if again, err := cleantext.Line(got); again != got || err != nil {
			t.Errorf("Line(Line(%q)) = %q, %v; want %q", in, again, err, got)
		}
		if !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) {
			t.Errorf("Line(%q) = %q, which is not one line", in, got)
		}
		if len(got) > len(in) {
			t.Errorf("Line(%q) = %q, which is longer", in, got)
		}
	})
}
