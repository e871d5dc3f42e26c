package storetest

import (
	"strings"
	"testing"

	"checkoutd/internal/payments"
	"checkoutd/internal/webhooks"
)

// testTexts stores what a hostile or broken sender may put into a text.
func testTexts(t *testing.T, e Engine) {
	f := newFixture(t, e)
	for name, c := range map[string]struct{ text, want string }{
		"SQL":          {`'; DROP TABLE orders; --`, `'; DROP TABLE orders; --`},
		"quotes":       {`"` + "`" + `'$1 ?1 :a @b %s \x`, `"` + "`" + `'$1 ?1 :a @b %s \x`},
		"emoji":        {"🛒 naïve Ωß 漢字", "🛒 naïve Ωß 漢字"},
		"NUL":          {"a\x00b", "a\uFFFDb"},
		"an escape":    {`\u0000"`, `\u0000"`},
		"broken UTF-8": {"a\xff\xc3(", "a\uFFFD("},
		"long":         {strings.Repeat("x", 1<<16), strings.Repeat("x", 1<<16)},
		"controls":     {"\x01\x7f\r\n\t\u2028", "\x01\x7f\r\n\t\u2028"},
	} {
		t.Run(name, func(t *testing.T) {
			f := f.in(t)
			o := f.order()
			f.update(o.ID, func(st *payments.State) {
				st.Order.Message = c.text
				a := newAttempt(1)
				a.Params.ReturnURL = c.text
				st.Attempts = append(st.Attempts, a)
			})

			st := f.state(o.ID)
			if st.Order.Message != c.want {
				t.Errorf("got %.80q, want %.80q", st.Order.Message, c.want)
			}

			valid := strings.ToValidUTF8(c.text, "\uFFFD") == c.text
			if got := st.Attempts[0].Params.ReturnURL; valid && got != c.text {
				t.Errorf("JSON: got %.80q, want %.80q", got, c.text)
			}

			ev := newEvent("evt_"+o.ID, c.text[:min(len(c.text), 255)])
			ev.Note, ev.Type = c.text, "type"
			f.accept(ev)

			got := f.claim(1)
			if len(got) != 1 || got[0].Note != c.want {
				t.Fatalf("got %d events", len(got))
			}
			if err := f.FinishEvent(f.ctx, got[0].Claim(), webhooks.Dead, c.text, start); err != nil {
				t.Error(err)
			}
			if _, err := f.SetBuyer(f.ctx, "", c.text[:min(len(c.text), 255)], "cus_1"); err != nil {
				t.Error(err)
			}
			if id, err := f.Buyer(f.ctx, "", c.text[:min(len(c.text), 255)]); err != nil || id != "cus_1" {
				t.Errorf("got %q, %v", id, err)
			}
		})
	}
}
