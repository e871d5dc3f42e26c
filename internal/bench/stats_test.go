package bench_test

import (
	"slices"
	"testing"
	"time"
)

// quantile returns the value below which the share q of the list lies, or 0 for
// an empty list.
func quantile(list []float64, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	position := q * float64(len(sorted)-1)
	low := int(position)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (sorted[high]-sorted[low])*(position-float64(low))
}

func median(list []float64) float64 { return quantile(list, 0.5) }

// pair holds the figures of two sides, round by round.
type pair struct{ a, b []float64 }

// alternate measures both sides in rounds, one right after the other, and lets
// each begin every second round. A first round of each warms up and is not
// counted.
func alternate(rounds int, a, b func() float64) pair {
	a()
	b()

	var p pair
	for i := range rounds {
		var x, y float64
		if i%2 == 0 {
			x, y = a(), b()
		} else {
			y, x = b(), a()
		}

		p.a, p.b = append(p.a, x), append(p.b, y)
	}

	return p
}

// ratios returns a/b of each round.
func (p pair) ratios() []float64 {
	list := make([]float64, len(p.a))
	for i := range list {
		list[i] = p.a[i] / p.b[i]
	}
	return list
}

// report prints the medians of both sides and the median ratio with its
// quartiles.
func (p pair) report(b *testing.B, unitA, unitB string) {
	r := p.ratios()
	b.ReportMetric(median(r), "ratio")
	b.ReportMetric(quantile(r, 0.25), "ratio-q1")
	b.ReportMetric(quantile(r, 0.75), "ratio-q3")
	b.ReportMetric(median(p.a), unitA)
	b.ReportMetric(median(p.b), unitB)
	hideDuration(b)
}

// hideDuration omits the duration of the whole benchmark, which means nothing.
func hideDuration(b *testing.B) { b.ReportMetric(0, "ns/op") }

func millis(d time.Duration) float64 { return d.Seconds() * 1000 }

func TestQuantile(t *testing.T) {
	t.Parallel()
	list := []float64{4, 1, 3, 2}
	for q, want := range map[float64]float64{0: 1, 0.5: 2.5, 1: 4, 0.25: 1.75} {
		if got := quantile(list, q); got != want {
			t.Errorf("quantile %v of %v is %v, want %v", q, list, got, want)
		}
	}
	if got := quantile(nil, 0.5); got != 0 {
		t.Errorf("the median of nothing is %v, want 0", got)
	}
}

func TestAlternate(t *testing.T) {
	t.Parallel()
	var order string
	n := 0.0
	side := func(name string) func() float64 {
		return func() float64 { order += name; n++; return n }
	}
	p := alternate(3, side("a"), side("b"))

	if want := "ababbaab"; order != want {
		t.Errorf("the sides took turns as %s, want %s", order, want)
	}
	if got, want := p.ratios(), []float64{3.0 / 4, 6.0 / 5, 7.0 / 8}; !slices.Equal(got, want) {
		t.Errorf("the ratios are %v, want %v", got, want)
	}
}
