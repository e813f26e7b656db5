using System.Security.Cryptography;
using RouterDaemon.Cli;
using RouterDaemon.Engine;
using RouterDaemon.Engine.Gguf;
using RouterDaemon.Store;
using RouterDaemon.Store.Records;

namespace RouterDaemon.Fleet.Hub;

/// <summary>Brings a model into the models folder: chooses its files, makes sure that they fit, downloads, checks and names them.</summary>
internal sealed class ModelPull(HubClient client, PullOptions options)
{
    /// <summary>Parts of a split model: each is open, and locked, until all are there.</summary>
    public const int MaxParts = 256;

    private readonly Retries _retries = new(options.Time, options.FirstPause, options.Note);

    /// <exception cref="PullException">It failed; what is there of the files stays and is continued next time, unless the message says otherwise.</exception>
    /// <exception cref="OperationCanceledException">Stopped; what is there stays.</exception>
    public async Task<PulledModel> RunAsync(PullName name, CancellationToken cancellation)
    {
        var files = await FilesAsync(name, cancellation).ConfigureAwait(false);
        if (files.Count > MaxParts)
        {
            throw new PullException($"{files[0].Name} claims {files.Count} parts, the limit is {MaxParts}");
        }

        Directory.CreateDirectory(options.Folder);
        var rows = ModelStore.FilesAt(options.RegistryPath);
        var done = new PulledFile?[files.Count];
        for (var i = 0; i < done.Length; i++)
        {
            done[i] = await ThereAlreadyAsync(files[i], rows, cancellation).ConfigureAwait(false);
        }

        if (Array.TrueForAll(done, f => f is not null))
        {
            return new PulledModel(done!, WasThere: true);
        }

        var parts = new PartFile?[files.Count];
        try
        {
            for (var i = 0; i < parts.Length; i++)
            {
                parts[i] = done[i] is null ? PartFile.Open(PathOf(files[i])) : null;
            }

            await DownloadAsync(files, parts, done, cancellation).ConfigureAwait(false);

            // The first part comes last: with it the daemon takes the model for whole.
            for (var i = parts.Length - 1; i >= 0; i--)
            {
                parts[i]?.Commit();
            }
        }
        finally
        {
            Array.ForEach(parts, p => p?.Dispose());
        }

        await RememberAsync(done!).ConfigureAwait(false);
        return new PulledModel(done!, WasThere: false);
    }

    private string PathOf(PullFile file) => Path.Combine(options.Folder, file.Name);

    private async Task<IReadOnlyList<PullFile>> FilesAsync(PullName name, CancellationToken cancellation)
    {
        if (name.Url is { } url)
        {
            return FilesAt(url);
        }

        var repository = name.Repository!;
        var listed = await _retries.RunAsync(() => client.ListAsync(repository, name.Revision, cancellation), cancellation).ConfigureAwait(false);
        var choice = HubChoice.Of(repository, listed, name.Quantisation, name.FilePath);
        if (choice.Note is { } note)
        {
            options.Note(note);
        }

        return [.. choice.Files.Select(f =>
        {
            var address = client.FileUrl(repository, name.Revision, f.Path);
            return new PullFile(Path.GetFileName(f.Path), address, address.AbsoluteUri, f.SizeBytes, f.Sha256);
        })];
    }

    /// <summary>An address of one part of a split model stands for all parts.</summary>
    private static IReadOnlyList<PullFile> FilesAt(Uri url)
    {
        var name = PullName.FileNameOf(url);
        var names = GgufParts.Parse(Path.GetFileNameWithoutExtension(name)) is { } split
            ? Enumerable.Range(1, split.Parts).Select(part => GgufParts.Name(split.Name, part, split.Parts) + ".gguf").ToList()
            : [name];
        return [.. names.Select(n =>
        {
            var address = new UriBuilder(url) { Path = url.AbsolutePath[..(url.AbsolutePath.LastIndexOf('/') + 1)] + Uri.EscapeDataString(n) }.Uri;
            // A query may hold a signature: it is neither shown nor kept.
            return new PullFile(n, address, address.GetLeftPart(UriPartial.Path), null, null);
        })];
    }

    /// <summary>The file, when it lies in the folder and is what would be pulled; null = it must be pulled.</summary>
    /// <exception cref="PullException">Another file has its name.</exception>
    private async Task<PulledFile?> ThereAlreadyAsync(PullFile file, IReadOnlyDictionary<string, ModelFileRow> rows, CancellationToken cancellation)
    {
        var path = PathOf(file);
        if (!LinkedFile.Of(path).Exists)
        {
            return null;
        }

        var row = rows.GetValueOrDefault(Path.GetFileNameWithoutExtension(file.Name));
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        await using (stream.ConfigureAwait(false))
        {
            var size = stream.Length;
            var isFromThere = row?.Source == file.Source;
            if (file.Sha256 is null)
            {
                if (isFromThere && row!.SizeBytes == size)
                {
                    options.Note($"{file.Name} was pulled from there before; delete it to pull it again");
                    return new PulledFile(path, file.Source, size, row.Sha256, false);
                }
            }
            else if (size == file.SizeBytes && await IsWhatIsListedAsync(stream, file, cancellation).ConfigureAwait(false))
            {
                return new PulledFile(path, file.Source, size, file.Sha256, true);
            }
            else if (isFromThere)
            {
                options.Note($"{file.Name} was changed since it was pulled: it is replaced");
                return null;
            }
        }

        throw new PullException($"{path} is another file of that name: move it away first");
    }

    private async Task<bool> IsWhatIsListedAsync(FileStream stream, PullFile file, CancellationToken cancellation)
    {
        options.Note($"{file.Name} is there: its SHA-256 is checked");
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation).ConfigureAwait(false)) == file.Sha256;
    }

    private async Task DownloadAsync(IReadOnlyList<PullFile> files, PartFile?[] parts, PulledFile?[] done, CancellationToken cancellation)
    {
        var sizes = Array.ConvertAll([.. files], f => f.SizeBytes ?? 0);
        CheckRoom(parts.Zip(sizes, (part, size) => part is null ? 0 : Math.Max(0, size - part.Length)).Sum());
        var total = sizes.Sum();
        long before = 0;
        var download = new FileDownload(client, _retries, options.IdleTimeout, CheckRoom, options.Note);
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i] is { } part)
            {
                var (index, start) = (i, before);
                done[i] = await download.RunAsync(
                    files[i], part, (have, size) => options.Progress(total > 0 ? (double)(start + have) / total : size > 0 ? (index + (double)have / size.Value) / parts.Length : 0),
                    (header, size) =>
                    {
                        if (index == 0)
                        {
                            WarnOfMemory(header, Math.Max(size, total));
                        }
                    },
                    cancellation).ConfigureAwait(false) with
                { Path = PathOf(files[i]) };
            }

            before += sizes[i];
        }
    }

    private void CheckRoom(long bytes)
    {
        if (DiskRoom.Problem(bytes, options.FreeDiskBytes(options.Folder), options.Folder) is { } problem)
        {
            throw new PullException(problem);
        }
    }

    private void WarnOfMemory(GgufHeader header, long weightBytes)
    {
        var fit = MemoryFit.Of(header, weightBytes, options.FreeMemoryBytes());
        options.Note(fit.Fits
            ? $"it will need {ByteText.Bytes(fit.NeededBytes)} of memory with a context of {fit.SlotTokens} tokens"
            : $"warning: it will not run on this machine as it is now: {fit.Problem}");
    }

    /// <summary>The file is there whatever becomes of the note.</summary>
    private async Task RememberAsync(PulledFile[] files)
    {
        try
        {
            var store = ModelStore.Open(options.RegistryPath);
            await using (store.ConfigureAwait(false))
            {
                foreach (var file in files)
                {
                    await store.NoteFileAsync(new ModelFileRow(
                        Path.GetFileNameWithoutExtension(file.Path), file.Path, file.SizeBytes, file.Sha256, file.Source, options.Time.GetUtcNow())).ConfigureAwait(false);
                }
            }
        }
        catch (StoreException e)
        {
            options.Note($"it is not noted where it came from: {e.Message}");
        }
    }
}
