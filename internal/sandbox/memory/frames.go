package memory

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// header begins every state file. Its last word is the version of the format.
const header = "checkoutd sandbox log 1\n"

// marker begins every frame. It is not UTF-8, so no JSON contains it, and the
// frame after a damaged one can be found.
var marker = []byte{0xff, 'l', 'o', 'g', 0xfe}

// frameHead is the size of what precedes a frame's payload: the marker, the
// payload's length and its checksum.
const frameHead = 5 + 4 + 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openFrame appends the room for the head of a frame to buf, which closeFrame
// fills.
func openFrame(buf *bytes.Buffer) { buf.Write(make([]byte, frameHead)) }

// closeFrame writes the head of the frame that begins at start and ends with
// buf.
func closeFrame(buf *bytes.Buffer, start int) {
	frame := buf.Bytes()[start:]
	payload := frame[frameHead:]
	copy(frame, marker)
	binary.LittleEndian.PutUint32(frame[5:], uint32(len(payload))) //nolint:gosec // a commit is far smaller
	binary.LittleEndian.PutUint32(frame[9:], checksum(payload))
}

// checksum returns the CRC-32C of a payload and its length.
func checksum(payload []byte) uint32 {
	var length [4]byte
	binary.LittleEndian.PutUint32(length[:], uint32(len(payload))) //nolint:gosec // a commit is far smaller
	return crc32.Update(crc32.Checksum(length[:], castagnoli), castagnoli, payload)
}

// frames reads the frames of a file between two offsets.
type frames struct {
	in      io.ReaderAt
	at, end int64

	good    int64 // where the last whole frame ended
	skipped int64 // damaged bytes before good

	window      []byte
	windowStart int64
}

const windowSize = 256 << 10

// readFrames returns a reader of the frames from offset from to offset end.
func readFrames(in io.ReaderAt, from, end int64) *frames {
	return &frames{in: in, at: from, end: end, good: from}
}

// next returns the payload of the next whole frame and its offset, or io.EOF.
// The payload is valid until the next call. Whatever is no whole frame is
// skipped: the end of a file whose writer was killed, or a damaged part.
func (f *frames) next() (payload []byte, offset int64, err error) {
	for {
		payload, err := f.frameAt(f.at)
		if err != nil {
			return nil, 0, err
		}

		if payload != nil {
			offset := f.at + frameHead
			f.skipped += f.at - f.good
			f.at = offset + int64(len(payload))
			f.good = f.at
			return payload, offset, nil
		}

		if f.at, err = f.markerAfter(f.at); err != nil {
			return nil, 0, err
		}
	}
}

// frameAt returns the payload of the frame at an offset, or nil if no whole
// frame begins there. At the end of the file it returns io.EOF.
func (f *frames) frameAt(at int64) ([]byte, error) {
	if at >= f.end {
		return nil, io.EOF
	}

	head, err := f.bytes(at, frameHead)
	if head == nil || err != nil || !bytes.HasPrefix(head, marker) {
		return nil, err
	}

	length, want := binary.LittleEndian.Uint32(head[5:]), binary.LittleEndian.Uint32(head[9:])
	payload, err := f.bytes(at+frameHead, int64(length))
	if payload == nil || err != nil || checksum(payload) != want {
		return nil, err
	}

	return payload, nil
}

// markerAfter returns the offset of the first marker beyond an offset, or
// io.EOF.
func (f *frames) markerAfter(at int64) (int64, error) {
	for at++; at < f.end; {
		part, err := f.bytes(at, min(windowSize, f.end-at))
		if err != nil {
			return 0, err
		}

		if i := bytes.Index(part, marker); i >= 0 {
			return at + int64(i), nil
		}

		// The end of the window may be the beginning of a marker.
		at += max(1, int64(len(part)-len(marker)+1))
	}

	return 0, io.EOF
}

// bytes returns n bytes from an offset, or nil if the file has fewer.
func (f *frames) bytes(at, n int64) ([]byte, error) {
	if at+n > f.end {
		return nil, nil
	}

	if at < f.windowStart || at+n > f.windowStart+int64(len(f.window)) {
		size := min(max(n, windowSize), f.end-at)
		if int64(cap(f.window)) < size {
			f.window = make([]byte, size)
		}

		f.window, f.windowStart = f.window[:size], at
		if _, err := f.in.ReadAt(f.window, at); err != nil && !errors.Is(err, io.EOF) {
			f.window = f.window[:0]
			return nil, err
		}
	}

	from := at - f.windowStart
	return f.window[from : from+n : from+n], nil
}
