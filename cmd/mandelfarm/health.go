package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// probes answers /healthz, always, and /readyz, if every server answers its
// ping.
func probes(servers map[string]ping) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) {
		if missing := silent(r.Context(), servers); len(missing) > 0 {
			say(w, http.StatusServiceUnavailable, "no answer from "+strings.Join(missing, " and "))
			return
		}
		say(w, http.StatusOK, "ready")
	})
	return mux
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // nobody is left to tell
}

// silent pings the servers side by side and names those that do not answer.
func silent(ctx context.Context, servers map[string]ping) []string {
	var mu sync.Mutex
	var missing []string
	var pings sync.WaitGroup
	for _, name := range slices.Sorted(maps.Keys(servers)) {
		pings.Go(func() {
			if tryOnce(ctx, servers[name]) != nil {
				mu.Lock()
				defer mu.Unlock()
				missing = append(missing, name)
			}
		})
	}
	pings.Wait()
	slices.Sort(missing)
	return missing
}

// healthcheck asks the process that listens on listen whether it is ready.
func healthcheck(ctx context.Context, listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 2*pingTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", response.Status)
	}
	return nil
}
