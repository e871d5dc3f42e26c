package memory

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
)

// oldLine is a line of the state file of former releases, which held JSON: an
// object, the deletion of one, an idempotency key, or the offset of the clock.
type oldLine struct {
	Seq     uint64          `json:"seq"`
	Account string          `json:"account"`
	Kind    string          `json:"kind"`
	Object  json.RawMessage `json:"object"`
	Private json.RawMessage `json:"private"`
	Removed string          `json:"removed"`
	Replay  *Replay         `json:"replay"`
	Offset  *int64          `json:"clock_offset"`
}

// takeOver replaces a state file of a former release by one of this release. A
// kill leaves the one or the other.
func (j *Journal) takeOver() error {
	lines, err := readOldLines(j.path)
	if err != nil || lines == nil {
		return err
	}

	tmp := j.path + ".new"
	file, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}

	err = errors.Join(writeAnew(file, lines), file.Sync(), file.Close())
	if err != nil {
		return err
	}

	if err := os.Rename(tmp, j.path); err != nil {
		return err
	}
	return syncFolder(j.path)
}

// readOldLines returns the lines of a file of a former release in the order of
// their commits, and nil if the file is none.
func readOldLines(path string) ([]oldLine, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read

	in := bufio.NewReaderSize(f, 1<<20)
	if first, err := in.Peek(1); err != nil || first[0] != '{' {
		return nil, nil // open reports what is wrong with it
	}

	out := []oldLine{}
	for {
		raw, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break // a line without an end was cut off
		}
		if err != nil {
			return nil, err
		}

		var l oldLine
		if err := json.Unmarshal(raw, &l); err != nil {
			return nil, err
		}
		out = append(out, l)
	}

	slices.SortStableFunc(out, func(a, b oldLine) int { return cmp.Compare(a.Seq, b.Seq) })
	return out, nil
}

// writeAnew writes old lines as a file of this release.
func writeAnew(w io.Writer, lines []oldLine) error {
	out := bufio.NewWriterSize(w, 1<<20)
	if _, err := out.WriteString(header); err != nil {
		return err
	}

	var frame bytes.Buffer
	born := map[[2]string]uint64{}

	for i := range lines {
		r, err := lines[i].record()
		if err != nil {
			return err
		}

		r.rev = uint64(i) + 1 //nolint:gosec // an index
		if r.kind == objectRecord {
			id := [2]string{lines[i].Account, string(r.id)}
			if born[id] == 0 {
				born[id] = r.rev
			}
			r.born = born[id]
		}

		frame.Reset()
		openFrame(&frame)
		r.write(&frame)
		closeFrame(&frame, 0)

		if _, err := out.Write(frame.Bytes()); err != nil {
			return err
		}
	}

	return out.Flush()
}

// record returns a line as a record without its numbers.
func (l *oldLine) record() (record, error) {
	r := record{kind: objectRecord, account: []byte(l.Account), typ: []byte(l.Kind), body: l.Object, extra: l.Private}

	switch {
	case l.Offset != nil:
		return record{kind: clockRecord, offset: *l.Offset}, nil

	case l.Replay != nil:
		var s scratch
		return s.record(&Line{kind: keyRecord, replay: l.Replay})

	case l.Removed != "":
		r.kind, r.id = removedRecord, []byte(l.Removed)
		return r, nil
	}

	var object struct {
		ID string `json:"id"`
	}
	err := json.Unmarshal(l.Object, &object)
	r.id = []byte(object.ID)

	return r, err
}
