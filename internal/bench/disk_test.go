package bench_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// disk is a file beside the databases: what it costs to make one block durable is what a
// commit costs at least.
type disk struct {
	b    *testing.B
	file *os.File
}

func openDisk(b *testing.B) *disk {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "blocks"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	return &disk{b, f}
}

// sync appends a block and waits until it is durable.
func (d *disk) sync() time.Duration {
	d.b.Helper()
	start := time.Now()
	if _, err := d.file.Write(make([]byte, 4096)); err != nil {
		d.b.Fatal(err)
	}
	if err := d.file.Sync(); err != nil {
		d.b.Fatal(err)
	}
	return time.Since(start)
}

// perSecond is how often a second the disk does that.
func (d *disk) perSecond() float64 {
	start, n := time.Now(), 0
	for ; time.Since(start) < 200*time.Millisecond; n++ {
		d.sync()
	}
	return float64(n) / time.Since(start).Seconds()
}
