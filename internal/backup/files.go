package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// digest reads through a hash, and ends with ctx.
type digest struct {
	ctx  context.Context
	from io.Reader
	hash hash.Hash
}

func newDigest(ctx context.Context, from io.Reader) *digest { return &digest{ctx, from, sha256.New()} }

func (d *digest) Read(p []byte) (n int, err error) {
	if err := d.ctx.Err(); err != nil {
		return 0, err
	}
	n, err = d.from.Read(p)
	_, _ = d.hash.Write(p[:n]) // it never fails: https://pkg.go.dev/hash#Hash
	return n, err
}

func (d *digest) sum() string { return hex.EncodeToString(d.hash.Sum(nil)) }

// compress replaces the raw file by a compressed one at path, which is on the
// disk when it returns.
func compress(ctx context.Context, raw, path string) (f File, err error) {
	in, err := os.Open(raw)
	if err != nil {
		return f, err
	}
	defer in.Close() //nolint:errcheck // it was only read

	from := newDigest(ctx, in)
	f, err = create(path, func(out io.Writer) error {
		w, err := zstd.NewWriter(out)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, from)
		return errors.Join(err, w.Close())
	})
	f.RawSHA256 = from.sum()

	if err != nil {
		return f, err
	}
	return f, os.Remove(raw)
}

// keep renames the raw file to path and describes it.
func keep(ctx context.Context, raw, path string) (f File, err error) {
	if err := os.Rename(raw, path); err != nil {
		return f, err
	}

	in, err := os.Open(path)
	if err != nil {
		return f, err
	}
	defer in.Close() //nolint:errcheck // it was only read

	from := newDigest(ctx, in)
	f.Name = filepath.Base(path)
	if f.Size, err = io.Copy(io.Discard, from); err != nil {
		return f, err
	}

	f.SHA256 = from.sum()
	return f, syncPath(path)
}

// create writes a new file, which is on the disk when it returns, and describes
// it.
func create(path string, write func(io.Writer) error) (f File, err error) {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return f, err
	}

	sum := sha256.New()
	err = write(io.MultiWriter(out, sum))
	if err == nil {
		err = out.Sync()
	}

	info, statErr := out.Stat()
	if err = errors.Join(err, statErr, out.Close()); err != nil {
		return f, err
	}

	return File{Name: filepath.Base(path), Size: info.Size(), SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

func writeFile(path string, text []byte) error {
	_, err := create(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	return err
}

// copyFile copies a file that may grow meanwhile.
func copyFile(ctx context.Context, from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read

	_, err = create(to, func(w io.Writer) error {
		_, err := io.Copy(w, newDigest(ctx, in))
		return err
	})
	return err
}

// verify reads a file of a backup back.
func verify(ctx context.Context, dir string, f File) error { return f.extract(ctx, dir, io.Discard) }

// extract writes what the file in dir holds, decompressed, and compares both
// sums.
func (f File) extract(ctx context.Context, dir string, to io.Writer) error {
	path := filepath.Join(dir, f.Name)
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read

	stored := newDigest(ctx, in)
	content, rawSum := io.Reader(stored), func() string { return f.RawSHA256 }

	if f.RawSHA256 != "" {
		r, err := zstd.NewReader(stored)
		if err != nil {
			return err
		}
		defer r.Close()

		raw := newDigest(ctx, r)
		content, rawSum = raw, raw.sum
	}

	if _, err := io.Copy(to, content); err != nil {
		if ctx.Err() != nil || errors.As(err, new(*os.PathError)) {
			return err
		}
		return fmt.Errorf("%s is damaged: %w", path, err)
	}
	if _, err := io.Copy(io.Discard, stored); err != nil { // what follows the compressed data
		return err
	}

	if stored.sum() != f.SHA256 || rawSum() != f.RawSHA256 {
		return fmt.Errorf("%s is damaged: its SHA-256 is not that of the manifest", path)
	}
	return nil
}

// syncPath puts a file, or the names in a folder, on the disk.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
