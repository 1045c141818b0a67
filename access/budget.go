package access

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// Budget is how much of something one client gets: a bucket of tokens that holds the quota and fills up evenly within the window. The zero Budget is none,
// which is no bound.
type Budget struct {
	Name   string
	Quota  int64
	Window time.Duration
}

// maxQuota is what a number in a header can say (RFC 9651).
const maxQuota = 999_999_999_999_999

// ParseBudget reads an amount for a duration, such as 600/1m or 2e12/24h, in units of so much; nothing is no budget.
func ParseBudget(text string, unit float64) (Budget, error) {
	if text == "" {
		return Budget{}, nil
	}
	amount, window, _ := strings.Cut(text, "/")
	n, err := strconv.ParseFloat(amount, 64)
	n = math.Ceil(n / unit)
	d, windowErr := time.ParseDuration(window)
	if err != nil || windowErr != nil || !(n >= 1 && n <= maxQuota) || d < time.Second {
		return Budget{}, errors.New("want an amount for a duration of at least 1s, such as 600/1m or 2e12/24h, or nothing")
	}
	return Budget{Quota: int64(n), Window: d}, nil
}

// Charge is what something takes of a budget.
//
// What takes more than the quota is let in when the bucket is full, and what it takes too much is waited for by those after it: a large picture is possible
// for whoever has left others alone for a while.
type Charge struct {
	Budget
	Amount int64
	For    string // what is paid for once, whoever asks for it again soon; empty is anything
}

// Balance is how a budget stands after a charge.
type Balance struct {
	Left int64
	Full time.Duration // until all of the quota is there
	Wait time.Duration // until the charge can be made; 0 if it was
}
