package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"mandelfarm/queue"
)

func asynqmonCommand(env environment) *cobra.Command {
	s := defaultSettings()
	cmd := &cobra.Command{
		Use:   "asynqmon",
		Short: "Show queues and single tasks in the browser, by asynqmon",
		Long: `Show the queues of a farm on Redis, and single tasks, in the browser, by
asynqmon. It changes nothing: what the farm is to do otherwise is said by drain,
pause, cancel and the other commands.

It asks nobody for a key, and so it listens on this machine only; from elsewhere
it is reached by ssh -L or kubectl port-forward. It asks Redis for more than the
farm does, such as INFO.`,
		Args: usage(cobra.NoArgs),
		RunE: s.command(env, showTasks),
	}
	s.addListen(cmd.Flags(), "127.0.0.1:8090", "of asynqmon, on this machine")
	s.addRedis(cmd.Flags(), redisURL)
	s.addLog(cmd.Flags())
	return cmd
}

// showTasks serves asynqmon until ctx ends.
func showTasks(ctx context.Context, s *settings, log *slog.Logger) error {
	listener, err := s.openListener(ctx)
	if err != nil {
		return err
	}
	defer listener.Close()
	if !isLoopback(listener.Addr()) {
		return fmt.Errorf("%w: --listen (LISTEN) %q must be an address of this machine alone, such as localhost:8090: whoever reaches it sees every task", errUsage, s.listen)
	}
	cfg := s.queue()
	cfg.Log = log
	q, err := queue.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer closeQueue(ctx, q, log)
	log.LogAttrs(ctx, slog.LevelInfo, "listening", slog.String("url", browserURL(listener.Addr(), false)))
	server := &http.Server{Handler: onlyLocal(q.Monitor()), ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	return unlessClosed(server.Serve(listener))
}

// onlyLocal refuses requests by a name that may have been made to lead here, and keeps the page from asking other hosts.
func onlyLocal(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "ask for it as localhost", http.StatusMisdirectedRequest)
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}
