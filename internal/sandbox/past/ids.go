package past

import (
	"strings"
)

// The kinds of objects, as the IDs tell them.
const (
	isIntent     = 'P'
	isCharge     = 'C'
	isMethod     = 'M'
	isRefund     = 'R'
	isDispute    = 'D'
	isPayout     = 'O'
	txnOfCharge  = 'B'
	txnOfRefund  = 'F'
	txnWithdrawn = 'W' // by a dispute
	txnReturned  = 'V' // when the dispute is won
	txnOfPayout  = 'X'
)

// prefixes are the prefixes of Stripe's IDs by kind.
var prefixes = [256]string{
	isIntent:     "pi",
	isCharge:     "ch",
	isMethod:     "pm",
	isRefund:     "re",
	isDispute:    "dp",
	isPayout:     "po",
	txnOfCharge:  "txn",
	txnOfRefund:  "txn",
	txnWithdrawn: "txn",
	txnReturned:  "txn",
	txnOfPayout:  "txn",
}

const (
	idMark    = "_1Sbx" // as in wire.NewID
	digits    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	numberLen = 6
	tagLen    = 5
	idRest    = 1 + tagLen + numberLen + 8
)

// id returns the ID of an object: its kind, the account, its number, and
// characters that make it look like the others.
func (h *History) id(kind byte, n int) string {
	buf := make([]byte, 0, len("txn")+len(idMark)+idRest)
	buf = append(append(buf, prefixes[kind]...), idMark...)
	buf = append(append(buf, kind), h.tag...)

	var number [numberLen]byte
	for i, rest := numberLen-1, n; i >= 0; i-- {
		number[i] = digits[rest%len(digits)]
		rest /= len(digits)
	}

	buf = append(buf, number[:]...)

	d := h.params.of(n, int(kind))
	for bits := d.next(); len(buf) < cap(buf)-len("txn")+len(prefixes[kind]); bits /= uint64(len(digits)) {
		buf = append(buf, digits[bits%uint64(len(digits))])
	}

	return string(buf)
}

// write appends random characters.
func (d *dice) write(b *strings.Builder, n int) {
	for range n {
		b.WriteByte(digits[d.below(len(digits))])
	}
}

// text returns random characters.
func (d *dice) text(n int) string {
	var b strings.Builder
	d.write(&b, n)
	return b.String()
}

// parse returns the kind and the number in an ID of this history.
func (h *History) parse(id string) (kind byte, n int, ok bool) {
	prefix, rest, found := strings.Cut(id, idMark)
	if !found || len(rest) != idRest || rest[1:1+tagLen] != h.tag || prefixes[rest[0]] != prefix {
		return 0, 0, false
	}

	for _, c := range rest[1+tagLen : 1+tagLen+numberLen] {
		digit := strings.IndexRune(digits, c)
		if digit < 0 {
			return 0, 0, false
		}

		n = n*len(digits) + digit
	}

	return rest[0], n, id == h.id(rest[0], n)
}

// tagOf returns the part of the IDs that tells an account's history from
// others.
func tagOf(account string, seed uint64) string {
	d := dice(seed)
	for _, c := range []byte(account) {
		d = dice(d.next() ^ uint64(c))
	}
	return d.text(tagLen)
}
