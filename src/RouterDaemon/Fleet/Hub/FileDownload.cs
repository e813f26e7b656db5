using System.Net;
using System.Net.Http.Headers;
using RouterDaemon.Engine.Gguf;

namespace RouterDaemon.Fleet.Hub;

/// <summary>Brings one part file to its full, checked length, over as many connections as it takes.</summary>
/// <param name="client">Asks.</param>
/// <param name="retries">Tries again.</param>
/// <param name="idleTimeout">A connection that brings nothing for so long is broken.</param>
/// <param name="checkRoom">Throws when so many bytes more have no room.</param>
/// <param name="note">Tells the user something.</param>
internal sealed class FileDownload(HubClient client, Retries retries, TimeSpan idleTimeout, Action<long> checkRoom, Action<string> note)
{
    private const int BufferBytes = 1 << 18;

    /// <summary>Bytes before the header is looked for first; each further look waits for twice as many.</summary>
    private const long FirstLookBytes = 1 << 16;

    /// <summary>Downloads what is missing of a file and checks it. The part stays open and is not renamed.</summary>
    /// <param name="file">The file.</param>
    /// <param name="part">Its part.</param>
    /// <param name="progress">Called with the bytes that are there and, where it is known, the size.</param>
    /// <param name="seen">Called once with the header and the file's size, as soon as the header is there.</param>
    /// <param name="cancellation">Stops it; the part stays.</param>
    /// <exception cref="PullException">It failed. A part that is not what it should be is deleted, any other stays.</exception>
    public async Task<PulledFile> RunAsync(PullFile file, PartFile part, Action<long, long?> progress, Action<GgufHeader, long> seen, CancellationToken cancellation)
    {
        await part.ContinueOrClearAsync(new PartOrigin(file.Source, file.Sha256, null), file.SizeBytes, cancellation).ConfigureAwait(false);
        progress(part.Length, file.SizeBytes);
        if (part.Length > 0 && part.Length != file.SizeBytes)
        {
            note($"{file.Name}: goes on after {part.Length} bytes");
        }

        var course = new Course(seen) { MostBytes = part.Length };
        var size = file.SizeBytes;
        while (part.Length != size || part.Length == 0)
        {
            size = await retries.RunAsync(() => OnceAsync(file, part, size, course, progress, cancellation), cancellation).ConfigureAwait(false);
        }

        return Check(file, part, course);
    }

    /// <summary>One connection. Answers with the file's size.</summary>
    private async Task<long> OnceAsync(PullFile file, PartFile part, long? size, Course course, Action<long, long?> progress, CancellationToken cancellation)
    {
        if (part.Length > 0 && file.Sha256 is null && part.Origin?.ETag is null)
        {
            // Nothing would tell whether the rest is of the same file.
            note($"{file.Name}: {file.Url.Host} does not say whether it changed; from the start");
            part.Clear();
        }

        var have = part.Length;
        using var answer = await client.GetAsync(file.Url, file.Name, have == 0 ? null : headers => AskForRest(headers, have, part.Origin?.ETag), cancellation).ConfigureAwait(false);
        var response = answer.Response;
        if (file.Sha256 is not null && answer.LinkedSha256 is { } linked && linked != file.Sha256)
        {
            throw new PullException($"{file.Name} was changed on {file.Url.Host} after it was listed: run the command again");
        }

        var url = response.RequestMessage?.RequestUri ?? file.Url;
        var range = response.Content.Headers.ContentRange;
        var goesOn = response.StatusCode == HttpStatusCode.PartialContent && range?.From == have && (size is null || range.Length is null || range.Length == size);
        if (response.StatusCode != HttpStatusCode.OK && !goesOn)
        {
            part.Clear();
            throw new PullException($"{file.Name}: {url.Host} cannot go on after {have} bytes; from the start") { IsTransient = true };
        }

        if (!goesOn && have > 0)
        {
            note($"{file.Name}: {(response.Headers.AcceptRanges.Contains("bytes") ? "was changed" : $"{url.Host} cannot go on in the middle")}; from the start");
            part.Clear();
            progress(0, size);
        }

        var total = goesOn ? range!.Length ?? size : response.Content.Headers.ContentLength;
        if (size is not null && total is not null && total != size)
        {
            throw new PullException($"{file.Name}: {url.Host} has {total} bytes of it, {size} are listed");
        }

        if ((total ?? size) is { } whole)
        {
            if (whole == 0)
            {
                throw new PullException($"{file.Name} is empty on {url.Host}");
            }

            checkRoom(whole - part.Length);
        }

        part.SetOrigin(new PartOrigin(file.Source, file.Sha256, response.Headers.ETag is { IsWeak: false } tag ? tag.Tag : goesOn ? part.Origin?.ETag : null));
        return await CopyAsync(url, file, part, total ?? size, response, course, progress, cancellation).ConfigureAwait(false);
    }

    private async Task<long> CopyAsync(
        Uri url, PullFile file, PartFile part, long? size, HttpResponseMessage response, Course course, Action<long, long?> progress, CancellationToken cancellation)
    {
        var buffer = new byte[BufferBytes];
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            var body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                while (true)
                {
                    idle.CancelAfter(idleTimeout);
                    var read = await body.ReadAsync(buffer, idle.Token).ConfigureAwait(false);
                    if (read == 0)
                    {
                        return part.Length < size ? throw new HttpIOException(HttpRequestError.ResponseEnded, "the connection ended too early") : part.Length;
                    }

                    if (part.Length + read > size)
                    {
                        throw Wrong(part, $"{file.Name}: {url.Host} sends more than the {size} bytes that the file has");
                    }

                    part.Append(buffer.AsSpan(0, read));
                    if (part.Length > course.MostBytes)
                    {
                        course.MostBytes = part.Length;
                        retries.Progressed();
                    }

                    progress(part.Length, size);
                    Look(file, part, size, course);
                }
            }
        }
        catch (Exception broken) when (HubClient.IsConnectionFault(broken, cancellation))
        {
            throw HubClient.Broken(url, broken);
        }
    }

    private static void AskForRest(HttpRequestHeaders headers, long have, string? etag)
    {
        headers.Range = new RangeHeaderValue(have, null);
        if (etag is not null)
        {
            headers.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue(etag));
        }
    }

    /// <summary>Reads the header as early as it can be: a page of HTML or a model that cannot be used ends the pull here.</summary>
    private static void Look(PullFile file, PartFile part, long? size, Course course)
    {
        if (!course.IsDone && (part.Length >= course.NextBytes || part.Length == size))
        {
            course.NextBytes = Math.Max(FirstLookBytes, part.Length * 2);
            try
            {
                course.Found(part.Header(size), size);
            }
            catch (InvalidDataException unusable)
            {
                throw Wrong(part, $"{unusable.Message}; {file.Name}.part was deleted");
            }
        }
    }

    private static PulledFile Check(PullFile file, PartFile part, Course course)
    {
        var sha256 = part.Sha256();
        if (file.Sha256 is not null && sha256 != file.Sha256)
        {
            throw Wrong(part, $"{file.Name}: SHA-256 is {sha256}, {file.Sha256} is listed; {file.Name}.part was deleted, run the command again");
        }

        try
        {
            // Once more, now that the size is known: it may end in the middle of a tensor.
            var header = part.Header(part.Length) ?? throw Wrong(part, $"{file.Name} ends inside its GGUF header; {file.Name}.part was deleted");
            if (!course.IsDone)
            {
                course.Found(header, part.Length);
            }
        }
        catch (InvalidDataException unusable)
        {
            throw Wrong(part, $"{unusable.Message}; {file.Name}.part was deleted");
        }

        return new PulledFile(file.Name, file.Source, part.Length, sha256, file.Sha256 is not null);
    }

    private static PullException Wrong(PartFile part, string message)
    {
        part.Clear();
        part.Delete();
        return new PullException(message);
    }

    /// <summary>How far a download came, over all its connections.</summary>
    private sealed class Course(Action<GgufHeader, long> seen)
    {
        /// <summary>The header was found.</summary>
        public bool IsDone { get; private set; }

        /// <summary>Bytes before the header is looked for again.</summary>
        public long NextBytes { get; set; }

        /// <summary>Most bytes that there were; a start from the beginning is progress only beyond them.</summary>
        public long MostBytes { get; set; }

        public void Found(GgufHeader? header, long? sizeBytes)
        {
            if (header is not null && sizeBytes is { } size)
            {
                IsDone = true;
                seen(header, size);
            }
        }
    }
}
