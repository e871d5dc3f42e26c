package sqldb

import (
	"encoding/json"
	"fmt"
	"time"
)

// Cell ties one column to one field of a Go value: it is where the column's
// value comes from when a row is written, and where it goes when one is read.
type Cell struct {
	column string
	field  field
	role   role
}

// role is what a Table does with a column by itself.
type role int

const (
	plain   role = iota
	key          // identifies the row; never changes
	owner        // refers to the row's owner; never changes
	created      // set by an insert
	updated      // set by every write; alone it is no change
	version      // counts the writes; alone it is no change
)

// fixed reports whether the column of a stored row cannot change.
func (r role) fixed() bool { return r == key || r == owner }

// stamped reports whether the table sets the column with every write.
func (r role) stamped() bool { return r == updated || r == version }

// field is a Go value that a column stores.
type field interface {
	value() any // as the database stores it
	dest() any  // for Row.Scan
}

// ID is the column "id", the key of the row.
func ID(p *string) Cell { return Cell{"id", textField[string]{p}, key} }

// Owner refers to the row that this one belongs to. A Tracked list sets it.
func Owner(column string, p *string) Cell { return Cell{column, textField[string]{p}, owner} }

// CreatedAt is the column "created_at". An insert sets it unless it is set.
func CreatedAt(p *time.Time) Cell { return Cell{"created_at", timeField{p}, created} }

// UpdatedAt is the column "updated_at". Every write sets it.
func UpdatedAt(p *time.Time) Cell { return Cell{"updated_at", timeField{p}, updated} }

// Version is the column "version", the number of times the row was written.
func Version(p *int64) Cell { return Cell{"version", intField[int64]{p}, version} }

// Text is a string.
func Text[S ~string](column string, p *S) Cell { return Cell{column, textField[S]{p}, plain} }

// Vault encrypts what a Secret column stores. use names what it is, and of
// which row.
type Vault interface {
	SealText(use, plain string) string
	OpenText(use, stored string) (plain string, err error)
}

// Secret is a string that v encrypts. use is called once the row's ID is known.
func Secret(column string, p *string, v Vault, use func() string) Cell {
	return Cell{column, secretField{p: p, vault: v, use: use}, plain}
}

// Int is an integer.
func Int[I ~int | ~int64](column string, p *I) Cell { return Cell{column, intField[I]{p}, plain} }

// Bool is a truth value.
func Bool(column string, p *bool) Cell { return Cell{column, boolField{p}, plain} }

// Bytes is a blob, stored unchanged. It is never NULL: nil becomes empty.
func Bytes(column string, p *[]byte) Cell { return Cell{column, bytesField{p}, plain} }

// Time is a point in time, to the microsecond.
func Time(column string, p *time.Time) Cell { return Cell{column, timeField{p}, plain} }

// JSON is a value that is stored as text. An update compares the texts, so it
// sees changes deep inside.
func JSON[T any](column string, p *T) Cell { return Cell{column, jsonField[T]{p}, plain} }

// WrittenTime is a column that is written with t and never read into Go:
// statements move it on their own.
func WrittenTime(column string, t time.Time) Cell { return Cell{column, writtenTime{t}, plain} }

type textField[S ~string] struct{ p *S }

func (f textField[S]) value() any { return string(*f.p) }
func (f textField[S]) dest() any  { return f.p }

type secretField struct {
	p     *string
	vault Vault
	use   func() string
}

func (f secretField) value() any { return secretValue{plain: *f.p, use: f.use(), vault: f.vault} }
func (f secretField) dest() any  { return f }

// Scan implements sql.Scanner.
func (f secretField) Scan(src any) (err error) {
	switch src := src.(type) {
	case string:
		*f.p, err = f.vault.OpenText(f.use(), src)
	case []byte:
		*f.p, err = f.vault.OpenText(f.use(), string(src))
	default:
		err = fmt.Errorf("a secret is stored as %T", src)
	}
	return err
}

// secretValue is a secret on its way to the database. It is compared in clear,
// since the same secret is never encrypted to the same text.
type secretValue struct {
	plain, use string
	vault      Vault
}

// written returns a value of a field as a statement takes it.
func written(v any) any {
	if s, ok := v.(secretValue); ok {
		return s.vault.SealText(s.use, s.plain)
	}
	return v
}

type intField[I ~int | ~int64] struct{ p *I }

func (f intField[I]) value() any { return int64(*f.p) }
func (f intField[I]) dest() any  { return f.p }

type boolField struct{ p *bool }

func (f boolField) value() any { return *f.p }
func (f boolField) dest() any  { return f.p }

type bytesField struct{ p *[]byte }

func (f bytesField) value() any {
	if *f.p == nil {
		return []byte{}
	}
	return *f.p
}
func (f bytesField) dest() any { return f.p }

type timeField struct{ p *time.Time }

func (f timeField) value() any { return Micros(*f.p) }
func (f timeField) dest() any  { return f }

// Scan implements sql.Scanner.
func (f timeField) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return &ownError{text: fmt.Sprintf("a time is stored as %T", src)}
	}
	*f.p = FromMicros(n)
	return nil
}

type jsonField[T any] struct{ p *T }

func (f jsonField[T]) value() any { return EncodeJSON(*f.p) }
func (f jsonField[T]) dest() any  { return f }

// Scan implements sql.Scanner.
func (f jsonField[T]) Scan(src any) error {
	var text []byte
	switch src := src.(type) {
	case string:
		text = []byte(src)
	case []byte:
		text = src
	default:
		return &ownError{text: fmt.Sprintf("the JSON of %T is stored as %T", *f.p, src)}
	}

	if err := json.Unmarshal(text, f.p); err != nil {
		return &ownError{text: fmt.Sprintf("the stored JSON of %T cannot be read", *f.p)}
	}

	return nil
}

type writtenTime struct{ t time.Time }

func (f writtenTime) value() any { return Micros(f.t) }
func (f writtenTime) dest() any  { return f }

// Scan implements sql.Scanner. It discards the value.
func (f writtenTime) Scan(any) error { return nil }
