package client_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"mandelfarm/api/client"
	"mandelfarm/job"
	"mandelfarm/renderer/spec"
)

// exampleFarm is a farm with a worker.
func exampleFarm() (url string, end func()) {
	folder, err := os.MkdirTemp("", "mandelfarm-")
	if err != nil {
		panic(err)
	}
	f, err := startFarm(folder, 1000)
	if err != nil {
		panic(err)
	}
	f.work()
	return f.url, func() {
		f.end()
		_ = os.RemoveAll(folder)
	}
}

// A picture, from its Spec to a file.
func Example() {
	url, end := exampleFarm()
	defer end()
	ctx := context.Background()

	farm, err := client.New(url, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := spec.Parse([]byte(`{"width": 320, "height": 200, "coloring": {"palette": "fire"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	st, err := farm.Submit(ctx, s)
	if err != nil {
		fmt.Println(err)
		return
	}
	for st, err = range farm.Watch(ctx, st.ID) {
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	file := filepath.Join(os.TempDir(), string(st.ID)+".png")
	defer os.Remove(file)
	if err := farm.Fetch(ctx, st.ID, file, nil); err != nil {
		fmt.Println(err)
		return
	}
	info, err := os.Stat(file)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(st.State, info.Size() == st.Bytes)
	// Output: done true
}

// The jobs that failed, tried again.
func ExampleClient_Jobs() {
	url, end := exampleFarm()
	defer end()
	ctx := context.Background()

	farm, err := client.New(url, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	retried := 0
	for st, err := range farm.Jobs(ctx, client.Selection{State: job.Failed}, 50) {
		if err == nil {
			_, err = farm.Retry(ctx, st.ID)
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		retried++
	}
	fmt.Println(retried)
	// Output: 0
}
