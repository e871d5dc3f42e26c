package sqldb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Micros returns a time as the database stores it.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// FromMicros is the inverse of Micros.
func FromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// EncodeJSON returns v as the database stores it. It is for types that always
// marshal. A nil list or map becomes null, so that it reads back as nil.
func EncodeJSON(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("database: %T does not marshal: %v", v, err))
	}
	return string(data)
}

// cleaned replaces what PostgreSQL refuses in texts, so that both engines store
// and find the same. It does not modify args.
func cleaned(args []any) []any {
	out := args
	for i, arg := range args {
		text, ok := arg.(string)
		if !ok {
			continue
		}

		safe := clean(text)
		if safe == text {
			continue
		}

		if &out[0] == &args[0] {
			out = slices.Clone(args)
		}

		out[i] = safe
	}

	return out
}

func clean(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}
