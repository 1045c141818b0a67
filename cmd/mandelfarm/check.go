package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"mandelfarm/access"
	"mandelfarm/api/client"
	"mandelfarm/job"
	"mandelfarm/queue"
	"mandelfarm/renderer/spec"
	"mandelfarm/storage/s3"
)

// What values must be. Each says what is wanted instead, or nothing.

func anyValue(string) string { return "" }

func given(what string) func(string) string {
	return func(value string) string { return unless(value != "", "want "+what) }
}

func oneOf(names ...string) func(string) string {
	return func(value string) string {
		return unless(slices.Contains(names, value), "want "+strings.Join(names, " or "))
	}
}

func positive[T int | int64 | time.Duration](value T) string {
	return unless(value > 0, "want more than 0")
}

func zeroOrMore(value int64) string { return unless(value >= 0, "want 0 or more") }

func zeroOrMoreBytes(value int64) string { return unless(value >= 0, "want 0 or more bytes") }

func zeroOrLonger(value time.Duration) string {
	return unless(value >= 0, "want 0 or a longer duration")
}

func atLeast(least time.Duration) func(time.Duration) string {
	return func(value time.Duration) string { return unless(value >= least, "want at least "+least.String()) }
}

func upTo(most time.Duration) func(time.Duration) string {
	return func(value time.Duration) string {
		return unless(value > 0 && value <= most, "want more than 0, and at most "+most.String())
	}
}

func affordable(connections int) string {
	most := mostConnections()
	return unless(connections > 0 && connections <= most, fmt.Sprintf("want at least 1, and at most %d: the process may open %d files (ulimit -n)", most, openFiles()))
}

// each has every word of a list checked.
func each(check func(string) error) func([]string) string {
	return func(words []string) string {
		for _, word := range words {
			if err := check(word); err != nil {
				return err.Error()
			}
		}
		return ""
	}
}

func presignable(value time.Duration) string {
	return unless(value == 0 || value >= s3.MinPresign && value <= s3.MaxPresign, "want 0, or from 1s to 168h")
}

func address(value string) string {
	_, port, err := net.SplitHostPort(value)
	_, portErr := strconv.ParseUint(port, 10, 16)
	return unless(err == nil && portErr == nil, "want host:port, such as 127.0.0.1:8080 or :8080")
}

func level(value string) string {
	return unless(new(slog.Level).UnmarshalText([]byte(value)) == nil, "want debug, info, warn or error")
}

func farmURL(value string) string {
	_, err := client.New(value, nil)
	return reason(err)
}

func farmKey(value string) string { return reason(access.CheckText(value)) }

func redisURL(value string) string {
	_, err := queue.ParseURL(value)
	return reason(err)
}

// poolName says what a name of a pool must be, in the words of a setting.
func poolName(name string) error {
	_, err := job.ParsePool(name)
	if field, ok := errors.AsType[*spec.FieldError](err); ok {
		return errors.New("want what is " + strings.TrimPrefix(field.Reason, "must be "))
	}
	return err
}

// optional has a value checked if there is one.
func optional(check func(string) string) func(string) string {
	return func(value string) string {
		if value == "" {
			return ""
		}
		return check(value)
	}
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func unless(ok bool, wanted string) string {
	if ok {
		return ""
	}
	return wanted
}

func otlpHeaderList(value string) string {
	_, err := otlpHeaders(value)
	return reason(err)
}
