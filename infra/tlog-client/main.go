// Follows a log with the transparency-log client of another project (filippo.io/torchwood): the signed
// checkpoint, every entry by its tiles, and, where an earlier tree is named, that the log goes on from it.
//
//	tlog-client URL VERIFIER-KEY [SIZE ROOT]
//
// URL is the log's prefix, SIZE and ROOT (base64) those of the tree seen before. One line of JSON tells size, root
// and entries, in hex; what does not hold ends it with a word of why and exit code 1.
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type followed struct {
	Size    int64    `json:"size"`
	Root    string   `json:"root"`
	Entries []string `json:"entries"`
}

func main() {
	found, err := follow(context.Background(), os.Args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(found)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func follow(ctx context.Context, args []string) (*followed, error) {
	if len(args) != 2 && len(args) != 4 {
		return nil, errors.New("usage: tlog-client URL VERIFIER-KEY [SIZE ROOT]")
	}
	verifier, err := note.NewVerifier(args[1])
	if err != nil {
		return nil, err
	}
	fetcher, err := torchwood.NewTileFetcher(args[0])
	if err != nil {
		return nil, err
	}
	signed, err := fetcher.ReadEndpoint(ctx, "checkpoint")
	if err != nil {
		return nil, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return nil, err
	}
	checkpoint, err := torchwood.ParseCheckpoint(opened.Text)
	if err != nil {
		return nil, err
	}
	if len(args) == 4 {
		if err := goesOn(ctx, fetcher, checkpoint.Tree, args[2], args[3]); err != nil {
			return nil, err
		}
	}
	client, err := torchwood.NewClient(fetcher)
	if err != nil {
		return nil, err
	}
	found := &followed{Size: checkpoint.N, Root: checkpoint.Hash.String()}
	for int64(len(found.Entries)) < checkpoint.N {
		before := len(found.Entries)
		// It stops before a partial tile, and reads it when it is asked to begin there.
		for _, entry := range client.Entries(ctx, checkpoint.Tree, int64(before)) {
			found.Entries = append(found.Entries, hex.EncodeToString(entry))
		}
		if err := client.Err(); err != nil {
			return nil, err
		}
		if len(found.Entries) == before {
			return nil, fmt.Errorf("%d of %d entries came", before, checkpoint.N)
		}
	}
	return found, nil
}

// goesOn proves from the log's tiles that its tree begins with an earlier one.
func goesOn(ctx context.Context, tiles torchwood.TileReader, tree tlog.Tree, size, root string) error {
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil {
		return err
	}
	hash, err := tlog.ParseHash(root)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, n, torchwood.TileHashReaderWithContext(ctx, tree, tiles))
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, n, hash)
}
