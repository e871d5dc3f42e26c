package memory

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"sync"

	"checkoutd/internal/sandbox/wire"
)

// The types of records.
const (
	objectRecord  = 'o'
	removedRecord = 'r'
	keyRecord     = 'k'
	clockRecord   = 'c'
	resetRecord   = 'x'
)

// record is a record of the file, its parts as they lie there. A frame holds
// one or more.
type record struct {
	kind    byte
	rev     uint64
	born    uint64 // of an object: its place in the order of creation
	account []byte // of an object or a removed one
	id      []byte // likewise; of an idempotency key: the key
	typ     []byte // of an object: its kind; of a key: the ID of its request
	body    []byte // of an object: its JSON; of a key: the response
	extra   []byte // of an object: what Stripe does not show; of a key: the rest
	offset  int64  // of the clock, in nanoseconds
}

// maxHead is the largest size of the numbers before a record's parts.
const maxHead = 1 + 3*binary.MaxVarintLen64

// write appends the record with its length to buf.
func (r *record) write(buf *bytes.Buffer) {
	var numbers [maxHead]byte
	head := append(numbers[:0], r.kind)
	head = binary.AppendUvarint(head, r.rev)
	head = binary.AppendUvarint(head, r.born)
	head = binary.AppendVarint(head, r.offset)

	parts := [...][]byte{r.account, r.id, r.typ, r.body, r.extra}
	size := len(head)
	for _, part := range parts {
		size += sizeOfUvarint(len(part)) + len(part)
	}

	writeUvarint(buf, size)
	buf.Write(head)
	for _, part := range parts {
		writeUvarint(buf, len(part))
		buf.Write(part)
	}
}

func writeUvarint(buf *bytes.Buffer, n int) {
	buf.Write(binary.AppendUvarint(buf.AvailableBuffer(), uint64(n))) //nolint:gosec // a length
}

func sizeOfUvarint(n int) int {
	size := 1
	for ; n >= 0x80; n >>= 7 {
		size++
	}
	return size
}

var errRecord = errors.New("a record of the state file cannot be read")

// cutSized returns the bytes whose length precedes them, such as a record at
// the beginning of a payload, and what follows them.
func cutSized(payload []byte) (raw, rest []byte, err error) {
	size, n := binary.Uvarint(payload)
	if n <= 0 || size > uint64(len(payload)-n) {
		return nil, nil, errRecord
	}
	end := n + int(size) //nolint:gosec // within the payload
	return payload[n:end], payload[end:], nil
}

// decodeRecord reads a record. Its parts are those of raw.
func decodeRecord(raw []byte) (r record, err error) {
	if len(raw) == 0 {
		return r, errRecord
	}

	r.kind, raw = raw[0], raw[1:]
	for _, number := range []*uint64{&r.rev, &r.born} {
		var n int
		if *number, n = binary.Uvarint(raw); n <= 0 {
			return r, errRecord
		}
		raw = raw[n:]
	}

	var n int
	if r.offset, n = binary.Varint(raw); n <= 0 {
		return r, errRecord
	}

	raw = raw[n:]
	for _, part := range []*[]byte{&r.account, &r.id, &r.typ, &r.body, &r.extra} {
		if *part, raw, err = cutSized(raw); err != nil {
			return r, err
		}
	}

	return r, nil
}

// scratch are the buffers of an encoder of lines.
type scratch struct{ frame, body, extra bytes.Buffer }

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// encode writes the lines as one frame into s.frame.
func (s *scratch) encode(lines []Line) error {
	s.frame.Reset()
	openFrame(&s.frame)
	for i := range lines {
		r, err := s.record(&lines[i])
		if err != nil {
			return err
		}
		r.write(&s.frame)
	}

	closeFrame(&s.frame, 0)
	return nil
}

// record returns the record of a line. It is valid until the next call.
func (s *scratch) record(l *Line) (record, error) {
	r := record{kind: l.kind, rev: l.rev, born: l.born, offset: l.offset, account: []byte(l.account)}
	s.body.Reset()
	s.extra.Reset()

	var err error
	switch l.kind {
	case objectRecord:
		r.id, r.typ = []byte(l.object.ObjectID()), []byte(l.object.ObjectKind())
		err = wire.EncodeTo(&s.body, l.object)
		if k, ok := l.object.(keeper); ok && err == nil {
			err = wire.EncodeTo(&s.extra, k.Secrets())
		}

		r.body, r.extra = s.body.Bytes(), s.extra.Bytes()

	case removedRecord:
		r.id = []byte(l.object.ObjectID())

	case keyRecord:
		rest := *l.replay
		rest.Key, rest.Original, rest.Body = "", "", nil
		err = wire.EncodeTo(&s.extra, rest)
		r.id, r.typ, r.body, r.extra = []byte(l.replay.Key), []byte(l.replay.Original), l.replay.Body, s.extra.Bytes()
	}

	return r, err
}

// replay returns the idempotency key of a record.
func (r *record) replay() (*Replay, error) {
	var out Replay
	if err := json.Unmarshal(r.extra, &out); err != nil {
		return nil, err
	}

	out.Key, out.Original, out.Body = string(r.id), string(r.typ), bytes.Clone(r.body)
	return &out, nil
}
