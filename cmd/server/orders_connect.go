package main

import (
	"io"
	"strconv"

	"checkoutd/internal/orders"
)

// showConnect prints the connected accounts of an order, and what the platform
// takes.
func showConnect(w io.Writer, o *orders.Order) {
	if o.Account != "" {
		writeRows(w, "account", o.Account)
	}

	if to := o.Connect.Destination; to != "" {
		note := to
		if sum := o.TransferOf(o.Amount); sum > 0 {
			note += " (" + amount(sum, o.Currency) + ")"
		}

		writeRows(w, "transfer to", note)
	}

	if of := o.Options.OnBehalfOf; of != "" {
		writeRows(w, "on behalf of", of)
	}

	if fee := o.FeeOn(o.Amount); fee > 0 {
		writeRows(w, "fee", amount(fee, o.Currency))
	}

	if share := o.FeeShare(); share > 0 {
		writeRows(w, "fee", strconv.FormatFloat(float64(share)/100, 'f', -1, 64)+" %")
	}
}
