package mirror

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"time"

	"checkoutd/internal/fault"
)

// The number of payments of a page.
const (
	defaultPage = 10
	maxPage     = 100
)

// Words as Stripe writes them. The statuses are those of a PaymentIntent
// (https://docs.stripe.com/api/payment_intents/object).
var (
	statusPattern = regexp.MustCompile(`^(requires_payment_method|requires_confirmation|requires_action|` +
		`requires_capture|processing|canceled|succeeded)$`)
	currencyPattern = regexp.MustCompile(`^[a-z]{3}$`)
)

// parseFilter returns the filter that a query asks for. A parameter that is
// misspelt must not list other payments than asked for, so it is refused.
func parseFilter(q url.Values) (Filter, error) {
	f := Filter{Limit: defaultPage}
	err := eachParameter(q, func(name, value string) (err error) {
		switch name {
		case "limit":
			f.Limit, err = parseLimit(name, value)
		case "starting_after":
			f.After = value
		case "status":
			f.Status, err = parseWord(name, value, statusPattern,
				"The status must be one of a PaymentIntent, such as succeeded.")
		case "currency":
			f.Currency, err = parseWord(name, value, currencyPattern,
				"The currency must be three lower-case letters, such as eur.")
		case "created_from":
			f.From, err = parseTime(name, value)
		case "created_to":
			f.To, err = parseTime(name, value)
		case "amount_min":
			f.AmountMin, err = parseAmount(name, value)
		case "amount_max":
			f.AmountMax, err = parseAmount(name, value)
		default:
			err = fault.InvalidField(clipped(name), "parameter_unknown", "There is no such parameter.")
		}

		return err
	})

	if err == nil && f.AmountMax > 0 && f.AmountMin > f.AmountMax {
		err = fault.InvalidField("amount_min", "amount_out_of_range", "The amount_min is above the amount_max.")
	}

	return f, err
}

// parseReport returns the report that a query asks for, without its name.
func parseReport(q url.Values) (report ReportQuery, asCSV bool, err error) {
	err = eachParameter(q, func(name, value string) (err error) {
		switch name {
		case "from":
			report.From, err = parseDay(name, value)
		case "to":
			report.To, err = parseDay(name, value)
			report.To = report.To.AddDate(0, 0, 1)
		case "format":
			asCSV = value == "csv"
			if !asCSV && value != "json" {
				err = fault.InvalidField(name, "format_unknown", "The format must be json or csv.")
			}

		default:
			err = fault.InvalidField(clipped(name), "parameter_unknown", "There is no such parameter.")
		}

		return err
	})

	return report, asCSV, err
}

// eachParameter passes the parameters of a query to set.
func eachParameter(q url.Values, set func(name, value string) error) error {
	for _, name := range slices.Sorted(maps.Keys(q)) {
		values := q[name]
		switch {
		case len(values) != 1:
			return fault.InvalidField(clipped(name), "parameter_repeated", "Give each parameter once.")
		case values[0] == "":
			return fault.InvalidField(clipped(name), "parameter_empty",
				"A parameter without a value selects nothing: leave it out.")
		}

		if err := set(name, values[0]); err != nil {
			return err
		}
	}

	return nil
}

func parseLimit(name, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > maxPage {
		return 0, fault.InvalidField(name, "limit_out_of_range",
			fmt.Sprintf("The limit must be between 1 and %d.", maxPage))
	}
	return n, nil
}

func parseWord(name, value string, pattern *regexp.Regexp, otherwise string) (string, error) {
	if !pattern.MatchString(value) {
		return "", fault.InvalidField(name, name+"_invalid", otherwise)
	}
	return value, nil
}

// parseAmount parses an amount in minor units. One of 0 would select nothing.
func parseAmount(name, value string) (int64, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 1 {
		return 0, fault.InvalidField(name, "amount_invalid",
			"The amount must be a whole number of minor units, 1 or more.")
	}
	return n, nil
}

// parseTime parses a time, or a date in UTC.
func parseTime(name, value string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fault.InvalidField(name, "time_invalid",
		"The time must look like 2026-01-31 or 2026-01-31T12:00:00Z.")
}

// parseDay parses a date.
func parseDay(name, value string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return time.Time{}, fault.InvalidField(name, "day_invalid", "The day must look like 2026-01-31.")
	}
	return t, nil
}

// clipped returns a name as an error may repeat it.
func clipped(name string) string {
	const maxLength = 64
	if text := []rune(name); len(text) > maxLength {
		return string(text[:maxLength]) + "…"
	}
	return name
}
