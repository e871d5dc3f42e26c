package sqldb_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"checkoutd/internal/store/sqldb"
)

var (
	monday  = time.Date(2026, 2, 2, 12, 0, 0, 0, time.UTC)
	tuesday = monday.AddDate(0, 0, 1)
)

// parcel is a row with a column of every kind.
type parcel struct {
	ID, OrderID string
	State       state
	Grams       int64
	Fragile     bool
	Label       []byte
	DueAt       time.Time
	Tags        []string
	Version     int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

type state string

var parcels = sqldb.NewTable("parcels", func(p *parcel) []sqldb.Cell {
	return []sqldb.Cell{
		sqldb.ID(&p.ID),
		sqldb.Owner("order_id", &p.OrderID),
		sqldb.Text("state", &p.State),
		sqldb.Int("grams", &p.Grams),
		sqldb.Bool("fragile", &p.Fragile),
		sqldb.Bytes("label", &p.Label),
		sqldb.Time("due_at", &p.DueAt),
		sqldb.WrittenTime("check_at", p.DueAt),
		sqldb.JSON("tags", &p.Tags),
		sqldb.Version(&p.Version),
		sqldb.CreatedAt(&p.CreatedAt),
		sqldb.UpdatedAt(&p.UpdatedAt),
	}
})

const parcelColumns = "id, order_id, state, grams, fragile, label, due_at, check_at, tags, " +
	"version, created_at, updated_at"

func TestTextsHaveTheColumnsInTheOrderOfTheCells(t *testing.T) {
	t.Parallel()

	if got, want := parcels.Select(), "SELECT "+parcelColumns+" FROM parcels"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}

	got := parcels.Insert(&parcel{}, monday)
	want := "INSERT INTO parcels (" + parcelColumns + ")" +
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
	if got.Text != want || len(got.Args) != 12 {
		t.Errorf("got %q with %d arguments, want %q", got.Text, len(got.Args), want)
	}
}

func TestInsertStampsTheRow(t *testing.T) {
	t.Parallel()

	fresh, dated := parcel{ID: "par_1"}, parcel{ID: "par_2", CreatedAt: monday, Version: 9}
	for _, p := range []*parcel{&fresh, &dated} {
		parcels.Insert(p, tuesday)
		if p.Version != 1 || p.UpdatedAt != tuesday {
			t.Errorf("%s: version %d, updated at %s", p.ID, p.Version, p.UpdatedAt)
		}
	}

	if fresh.CreatedAt != tuesday || dated.CreatedAt != monday {
		t.Errorf("created at %s and %s, want now and what was set", fresh.CreatedAt, dated.CreatedAt)
	}
}

func TestUpdateWritesOnlyWhatDiffers(t *testing.T) {
	t.Parallel()

	loaded := parcel{
		ID:      "par_1",
		OrderID: "ord_1",
		Tags:    []string{"a"},
		Version: 4,
	}
	for name, c := range map[string]struct {
		change func(*parcel)
		sets   string // "" for no write
	}{
		"nothing":         {func(*parcel) {}, ""},
		"a stamp alone":   {func(p *parcel) { p.Version, p.UpdatedAt = 9, monday }, ""},
		"one column":      {func(p *parcel) { p.Grams = 5 }, "grams = $2, version = $3, updated_at = $4"},
		"inside the JSON": {func(p *parcel) { p.Tags[0] = "b" }, "tags = $2, version = $3, updated_at = $4"},
		"a time that another column follows": {
			func(p *parcel) { p.DueAt = monday },
			"due_at = $2, check_at = $3, version = $4, updated_at = $5",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := loaded
			p.Tags = []string{"a"}
			prev := parcels.Values(&p)
			c.change(&p)

			writes, err := parcels.Update(prev, &p, tuesday)
			if err != nil {
				t.Fatal(err)
			}
			if c.sets == "" {
				if len(writes) != 0 {
					t.Errorf("got %+v, want no write", writes)
				}
				return
			}

			want := "UPDATE parcels SET " + c.sets + " WHERE id = $1"
			if len(writes) != 1 || writes[0].Text != want || writes[0].Args[0] != "par_1" {
				t.Errorf("got %+v, want %q", writes, want)
			}
			if p.Version != 5 || p.UpdatedAt != tuesday {
				t.Errorf("version %d, updated at %s; want 5, now", p.Version, p.UpdatedAt)
			}
		})
	}
}

func TestUpdateRefusesAnotherKeyOrOwner(t *testing.T) {
	t.Parallel()

	for column, change := range map[string]func(*parcel){
		"id":       func(p *parcel) { p.ID = "par_2" },
		"order_id": func(p *parcel) { p.OrderID = "ord_2" },
	} {
		p := parcel{ID: "par_1", OrderID: "ord_1"}
		prev := parcels.Values(&p)
		change(&p)
		if _, err := parcels.Update(prev, &p, monday); err == nil || !strings.Contains(err.Error(), column) {
			t.Errorf("%s: got %v", column, err)
		}
	}
}

func TestTrackedSavesEarlyRowsFirstAndOwnsNewOnes(t *testing.T) {
	t.Parallel()

	list := []parcel{{ID: "par_1", OrderID: "ord_1"}, {ID: "par_2", OrderID: "ord_1"}}
	rows := &sqldb.Tracked[parcel]{
		Table:   parcels,
		List:    &list,
		OrderBy: "id",
		Early:   func(p *parcel) bool { return p.State == "sent" },
	}
	if got, want := rows.Load("ord_1").Text, " WHERE order_id = $1 ORDER BY id"; !strings.HasSuffix(got, want) {
		t.Errorf("got %q, want it to end with %q", got, want)
	}

	rows.Remember()
	list[0].State, list[1].State = "new", "sent"
	list = append(list, parcel{ID: "par_3"})

	writes, err := rows.Save("ord_1", monday)
	if err != nil {
		t.Fatal(err)
	}
	var keys []any
	for _, w := range writes {
		keys = append(keys, w.Args[0])
	}
	if want := []any{"par_2", "par_1", "par_3"}; !reflect.DeepEqual(keys, want) {
		t.Errorf("writes %v, want %v", keys, want)
	}
	if list[2].OrderID != "ord_1" {
		t.Errorf("the new row belongs to %q", list[2].OrderID)
	}

	list = list[:1]
	if _, err := rows.Save("ord_1", monday); err == nil {
		t.Error("a row was removed, and Save accepted it")
	}
}

// row is a row as a driver returns it.
type row []any

func (r row) Scan(dest ...any) error {
	for i, d := range dest {
		if s, ok := d.(interface{ Scan(any) error }); ok {
			if err := s.Scan(r[i]); err != nil {
				return err
			}
			continue
		}
		to := reflect.ValueOf(d).Elem()
		to.Set(reflect.ValueOf(r[i]).Convert(to.Type()))
	}
	return nil
}

func TestScanReadsWhatValuesWrote(t *testing.T) {
	t.Parallel()

	want := parcel{
		ID:        "par_1",
		OrderID:   "ord_1",
		State:     "sent",
		Grams:     5,
		Fragile:   true,
		Label:     []byte{0, 255},
		DueAt:     tuesday,
		Tags:      []string{"a"},
		Version:   2,
		CreatedAt: monday,
	}
	got, err := parcels.Scan(row(parcels.Values(&want)))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}

	broken := row(parcels.Values(&want))
	broken[8] = "{"
	if _, err := parcels.Scan(broken); err == nil || !strings.Contains(err.Error(), "[]string") {
		t.Errorf("broken JSON: got %v", err)
	}
}
