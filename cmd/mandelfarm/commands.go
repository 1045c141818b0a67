package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// environment looks variables up, as os.LookupEnv does.
type environment func(variable string) (string, bool)

// rootCommand builds the commands. Settings that are not given as flags come
// from env.
func rootCommand(env environment) *cobra.Command {
	root := allCommand(env)
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fmt.Errorf("%w: %w", errUsage, plainFlagError(err)) })
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddGroup(&cobra.Group{ID: clientGroup, Title: "Commands that ask a farm:"})
	root.AddCommand(apiCommand(env), workerCommand(env), renderCommand(env), verifyCommand(env), findCommand(env),
		importCommand(), exportCommand(), scrubCommand(env), healthCommand(env))
	root.AddCommand(submitCommand(env), quoteCommand(env), jobsCommand(env), statusCommand(env), watchCommand(env),
		fetchCommand(env), cancelCommand(env), retryCommand(env))
	root.AddCommand(operatorCommands(env)...)
	root.AddCommand(versionCommand(), doctorCommand(env), asynqmonCommand(env), keysCommand(env))
	root.Version = version()
	root.SetVersionTemplate(versionLine() + "\n")
	for _, cmd := range append(root.Commands(), root) {
		nameVariables(cmd.Flags())
	}
	return root
}

func allCommand(env environment) *cobra.Command {
	s := defaultSettings()
	cmd := &cobra.Command{
		Use:   "mandelfarm",
		Short: "A render farm for fractals",
		Long: `A render farm for fractals.

Without a command it runs the whole farm in this process: the API, a worker, a
queue in memory and a folder for the pictures. The commands api and worker run
its parts on a Redis and an S3 bucket, as many of each as you like.
` + exitCodes,
		Args: usage(cobra.NoArgs),
		RunE: s.command(env, runAll),
	}
	s.addListen(cmd.Flags(), "127.0.0.1:8080", "of the API; port 0 takes a free one")
	s.addConnections(cmd.Flags())
	s.addData(cmd.Flags())
	s.addAPI(cmd.Flags())
	s.addTLS(cmd.Flags())
	s.addWorker(cmd.Flags())
	s.addReconcile(cmd.Flags())
	s.addWebhooks(cmd.Flags())
	s.addTelling(cmd.Flags())
	s.addLog(cmd.Flags())
	s.addTracing(cmd.Flags())
	return cmd
}

func apiCommand(env environment) *cobra.Command {
	s := defaultSettings()
	cmd := &cobra.Command{
		Use:   "api",
		Short: "Answer HTTP requests, on a Redis and an S3 bucket",
		Args:  usage(cobra.NoArgs),
		RunE:  s.command(env, runAPI),
	}
	s.addListen(cmd.Flags(), "127.0.0.1:8080", "of the API; port 0 takes a free one")
	s.addConnections(cmd.Flags())
	s.addServers(cmd.Flags())
	s.addAPI(cmd.Flags())
	s.addTLS(cmd.Flags())
	s.addPresign(cmd.Flags())
	s.addPools(cmd.Flags())
	s.addReconcile(cmd.Flags())
	s.addWebhooks(cmd.Flags())
	s.addLog(cmd.Flags())
	s.addTracing(cmd.Flags())
	return cmd
}

func workerCommand(env environment) *cobra.Command {
	s := defaultSettings()
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Draw pictures, on a Redis and an S3 bucket",
		Args:  usage(cobra.NoArgs),
		RunE:  s.command(env, runWorker),
	}
	s.addListen(cmd.Flags(), "127.0.0.1:8081", "of the probes /healthz and /readyz; port 0 takes a free one")
	s.addConnections(cmd.Flags())
	s.addServers(cmd.Flags())
	s.addWorker(cmd.Flags())
	s.addReconcile(cmd.Flags())
	s.addPool(cmd.Flags())
	s.addWebhooks(cmd.Flags())
	s.addTelling(cmd.Flags())
	s.addLog(cmd.Flags())
	s.addTracing(cmd.Flags())
	return cmd
}

func renderCommand(env environment) *cobra.Command {
	s := defaultSettings()
	var files outputs
	cmd := &cobra.Command{
		Use:   "render SPEC.json",
		Short: "Draw one picture into a file, without a farm",
		Long: `Draw one picture into a file, without a farm. SPEC.json says what to draw, in
the form that POST /jobs takes; - reads it from standard input. The file is the
same, byte for byte, as the farm's.

--raw writes the fractional iteration counts of the view, NaN inside, as an array
that NumPy loads; --exr writes picture, counts, angles and distances as the
channels of an OpenEXR file. Both do so beside the picture, or instead of it
where --output is not given. Each file is drawn on its own.`,
		Example: `  echo '{"width": 1920, "height": 1080}' | mandelfarm render - -o set.png
  mandelfarm render view.json --raw view.npy`,
		Args: usage(cobra.ExactArgs(1)),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := s.load(cmd.Flags(), env); err != nil {
			return err
		}
		return render(cmd.Context(), s, args[0], files, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
	addOutput(cmd, &files.picture)
	cmd.Flags().StringVar(&files.npy, "raw", "", "`file` to write raw data to, in the format npy; - is standard output")
	cmd.Flags().StringVar(&files.exr, "exr", "", "`file` to write picture and raw data to, in the format exr; - is standard output")
	arguments(cmd.Flags(), "raw", "exr")
	s.addThreads(cmd.Flags())
	return cmd
}

func healthCommand(env environment) *cobra.Command {
	s := defaultSettings()
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a running api or worker whether it is ready; exit code 1 if not",
		Args:  usage(cobra.NoArgs),
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := s.load(cmd.Flags(), env); err != nil {
			return err
		}
		return healthcheck(cmd.Context(), s.listen, s.tls)
	}
	s.addListen(cmd.Flags(), "127.0.0.1:8080", "of the process that is asked")
	s.addTLS(cmd.Flags())
	return cmd
}

// command is a cobra RunE that loads the settings before it runs.
func (s *settings) command(env environment, run runner) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		if err := s.load(cmd.Flags(), env); err != nil {
			return err
		}
		ctx, log := cmd.Context(), s.log.logger(cmd.ErrOrStderr())
		said := context.AfterFunc(ctx, func() {
			log.LogAttrs(ctx, slog.LevelInfo, "stopping; another signal ends it at once")
		})
		defer said()
		return run(ctx, s, log)
	}
}

// load completes the settings from the environment and checks them.
func (s *settings) load(fs *pflag.FlagSet, env environment) error {
	err := fromEnvironment(fs, env)
	if err == nil {
		err = s.validate()
	}
	if err != nil {
		return fmt.Errorf("%w:\n%w", errUsage, err)
	}
	return nil
}

// usage marks the errors of an argument check as wrong usage, and a required flag
// that is missing too.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		if err == nil {
			err = cmd.ValidateRequiredFlags()
		}
		if err != nil {
			return fmt.Errorf("%w: %w (see mandelfarm --help)", errUsage, err)
		}
		return nil
	}
}

// nameVariables appends to each flag's usage the variable it can be set by.
func nameVariables(fs *pflag.FlagSet) {
	fs.VisitAll(func(f *pflag.Flag) {
		if configurable(f) {
			f.Usage += " [" + variable(f.Name) + "]"
		}
	})
}
