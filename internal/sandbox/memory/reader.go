package memory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// reader reads records at known places. It keeps its buffers from one to the
// next, because many are read at the start.
type reader struct {
	file  io.ReaderAt
	store *Store
	raw   []byte
	body  bytes.Reader
	json  *json.Decoder // of the body
}

func newReader(file io.ReaderAt, store *Store) *reader {
	r := &reader{file: file, store: store}
	r.json = json.NewDecoder(&r.body)
	r.json.UseNumber()
	return r
}

// record returns the record at a place. It is valid until the next call.
func (r *reader) record(p place) (record, error) {
	if cap(r.raw) < p.size {
		r.raw = make([]byte, p.size+p.size/2)
	}

	r.raw = r.raw[:p.size]
	if _, err := r.file.ReadAt(r.raw, p.at); err != nil {
		return record{}, err
	}

	return decodeRecord(r.raw)
}

// owned is an object that has to know its account.
type owned interface{ SetOwner(account string) }

// object returns the object at a place.
func (r *reader) object(p place) (restored, error) {
	rec, err := r.record(p)
	if err != nil {
		return restored{}, err
	}

	empty := r.store.makers[string(rec.typ)]
	if empty == nil {
		empty = r.store.makers["record"] // kinds without a type of their own
	}

	obj, account := empty(), string(rec.account)
	r.body.Reset(rec.body)
	if err := r.json.Decode(obj); err != nil {
		return restored{}, fmt.Errorf("%s: %w", rec.typ, err)
	}

	if k, ok := obj.(keeper); ok && len(rec.extra) > 0 {
		if err := json.Unmarshal(rec.extra, k.Secrets()); err != nil {
			return restored{}, fmt.Errorf("%s: %w", rec.typ, err)
		}
	}

	if o, ok := obj.(owned); ok {
		o.SetOwner(account)
	}

	return restored{account, entry{obj, p.born, p.rev}}, nil
}
