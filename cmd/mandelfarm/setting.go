package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"mandelfarm/access"
	"mandelfarm/storage/s3"
)

// setting is a row of a table of settings: a flag, with the variable that is named after it, its default, what help says
// of it, and what a value must be.
type setting struct {
	name  string
	add   func(fs *pflag.FlagSet)
	check func() string // what is wanted instead of the value; empty if it is right
}

// row is a setting that is stored in target.
func row[T string | int | int64 | time.Duration](name string, target *T, standard T, usage string, check func(T) string) setting {
	*target = standard
	return setting{name, func(fs *pflag.FlagSet) {
		switch p := any(target).(type) {
		case *string:
			fs.StringVar(p, name, *p, usage)
		case *int:
			fs.IntVar(p, name, *p, usage)
		case *int64:
			fs.Int64Var(p, name, *p, usage)
		case *time.Duration:
			fs.DurationVar(p, name, *p, usage)
		}
	}, func() string { return check(*target) }}
}

// secret is a setting that is never printed and has no default. A setting of its name and "-file" names a file that it is
// read from instead, as secrets are mounted.
func secret(name string, target *secretFlag, usage string, check func(string) string) setting {
	var direct, file *pflag.Flag
	return setting{name, func(fs *pflag.FlagSet) {
		fs.Var(target, name, usage)
		fs.Var(&secretFile{target: target}, name+"-file", "`file` that "+variable(name)+" is in, instead")
		direct, file = fs.Lookup(name), fs.Lookup(name+"-file")
	}, func() string {
		if direct.Changed && file.Changed {
			return "want it or " + variable(file.Name) + ", not both"
		}
		return check(string(*target))
	}}
}

// secretFile is a flag of a file that a secret is read from. A line's end after it is no part of it.
type secretFile struct {
	target *secretFlag
	path   string
}

// String implements [pflag.Value].
func (f *secretFile) String() string { return f.path }

// Set implements [pflag.Value].
func (f *secretFile) Set(path string) error {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	f.path = path
	return f.target.Set(strings.TrimRight(string(text), "\r\n"))
}

// Type implements [pflag.Value].
func (*secretFile) Type() string { return "file that can be read" }

// list is a setting of words separated by commas, of which there are none by default.
func list(name string, target *[]string, usage string, check func([]string) string) setting {
	return setting{name, func(fs *pflag.FlagSet) { fs.Var((*listFlag)(target), name, usage) }, func() string { return check(*target) }}
}

// listFlag is a flag of words separated by commas.
type listFlag []string

// String implements [pflag.Value].
func (f *listFlag) String() string { return strings.Join(*f, ",") }

// Set implements [pflag.Value].
func (f *listFlag) Set(value string) error {
	*f = nil
	for word := range strings.SplitSeq(value, ",") {
		if word = strings.TrimSpace(word); word != "" {
			*f = append(*f, word)
		}
	}
	return nil
}

// Type implements [pflag.Value].
func (*listFlag) Type() string { return "list" }

// budget is a setting of how much a client gets, in units of so much.
func budget(name string, target *access.Budget, unit float64, usage string) setting {
	return setting{name, func(fs *pflag.FlagSet) { fs.Var(&budgetFlag{target: target, unit: unit}, name, usage) }, func() string { return "" }}
}

// budgetFlag is a flag of an amount for a duration.
type budgetFlag struct {
	target *access.Budget
	unit   float64
	text   string
}

// String implements [pflag.Value].
func (f *budgetFlag) String() string { return f.text }

// Set implements [pflag.Value].
func (f *budgetFlag) Set(value string) (err error) {
	f.text = value
	*f.target, err = access.ParseBudget(value, f.unit)
	return err
}

// Type implements [pflag.Value].
func (*budgetFlag) Type() string { return "budget" }

// secretFlag is a flag whose value is never printed.
type secretFlag s3.Secret

// String is empty: help shows no default.
func (*secretFlag) String() string { return "" }

// Set implements [pflag.Value].
func (f *secretFlag) Set(value string) error {
	*f = secretFlag(value)
	return nil
}

// Type implements [pflag.Value].
func (*secretFlag) Type() string { return "string" }

// add adds settings to the flags of a command.
func (s *settings) add(fs *pflag.FlagSet, rows ...setting) {
	for _, r := range rows {
		r.add(fs)
		s.checks = append(s.checks, func() error {
			if wanted := r.check(); wanted != "" {
				return fmt.Errorf("--%s (%s): %s", r.name, variable(r.name), wanted)
			}
			return nil
		})
	}
}

// validate checks the values of all that was added. Messages name the flag and the
// variable.
func (s *settings) validate() error {
	var errs []error
	for _, check := range s.checks {
		errs = append(errs, check())
	}
	return errors.Join(errs...)
}

// variable is the environment variable of a flag.
func variable(flag string) string { return strings.ToUpper(strings.ReplaceAll(flag, "-", "_")) }

// fromEnvironment sets the flags that were not given from their variables.
func fromEnvironment(fs *pflag.FlagSet, lookup environment) error {
	var errs []error
	fs.VisitAll(func(f *pflag.Flag) {
		value, ok := lookup(variable(f.Name))
		if !ok || f.Changed || !configurable(f) {
			return
		}
		if err := fs.Set(f.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("--%s (%s): want %s", f.Name, variable(f.Name), form(f.Value.Type())))
		}
	})
	return errors.Join(errs...)
}

// plainFlagError says what a flag wants, where the parser says how it was read.
func plainFlagError(err error) error {
	invalid, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok {
		return err
	}
	f := invalid.GetFlag()
	if _, hidden := f.Value.(*secretFlag); hidden {
		return fmt.Errorf("--%s: want %s", f.Name, form(f.Value.Type()))
	}
	return fmt.Errorf("--%s: want %s, got %q", f.Name, form(f.Value.Type()), invalid.GetValue())
}

// form says how a value of a flag's type is written.
func form(kind string) string {
	switch kind {
	case "duration":
		return "a duration, such as 250ms, 30s or 5m"
	case "int", "int64":
		return "a whole number"
	case "budget":
		return "an amount for a duration, such as 600/1m or 2e12/24h, or nothing"
	case "bool":
		return "true or false"
	}
	return "a " + kind
}

// argument marks flags that say what a command is to do this time, as its
// arguments do. They are no settings and have no variable.
const argument = "argument"

// arguments marks flags that are there.
func arguments(fs *pflag.FlagSet, names ...string) {
	for _, name := range names {
		_ = fs.SetAnnotation(name, argument, nil)
	}
}

// configurable tells settings from arguments and from flags such as --help.
func configurable(f *pflag.Flag) bool {
	_, isArgument := f.Annotations[argument]
	return f.Name != "help" && f.Name != "version" && !isArgument
}
