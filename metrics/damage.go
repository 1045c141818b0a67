package metrics

import (
	"context"
	"strconv"

	"mandelfarm/ledger"
)

// Damage adds the count of damaged records, and returns what counts one.
func (r *Registry) Damage() func(context.Context, ledger.Damage) {
	total := r.counter("damaged_total", "Records found damaged, by what they are of, and whether the farm has made up for it.", "what", "mended")
	for _, kind := range ledger.Kinds() {
		total.WithLabelValues(string(kind), strconv.FormatBool(true))
		total.WithLabelValues(string(kind), strconv.FormatBool(false))
	}
	return func(_ context.Context, d ledger.Damage) {
		total.WithLabelValues(string(d.Kind), strconv.FormatBool(d.Mended)).Inc()
	}
}
