using System.Security.Cryptography;
using RouterDaemon.Engine.Gguf;

namespace RouterDaemon.Fleet.Hub;

/// <summary>
/// <c>NAME.gguf.part</c>: what there is of a file that is being pulled, locked while it is, with the SHA-256 of its bytes carried along.
/// The name does not end in <c>.gguf</c>, so the daemon sees the file only after <see cref="Commit"/>.
/// </summary>
internal sealed class PartFile : IDisposable
{
    private const int HashBufferBytes = 1 << 20;

    private readonly FileStream _stream;
    private readonly string _finalPath;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private bool _isGone;

    private PartFile(FileStream stream, string finalPath) => (_stream, _finalPath) = (stream, finalPath);

    /// <summary>Bytes that are there.</summary>
    public long Length => _stream.Length;

    /// <summary>What they are of; null = nothing is known, so they are not continued.</summary>
    public PartOrigin? Origin { get; private set; }

    private string OriginPath => _stream.Name + ".json";

    /// <summary>Opens or creates the part of a file.</summary>
    /// <param name="finalPath">Path of the file when it is complete.</param>
    /// <exception cref="PullException">Another pull works on it.</exception>
    public static PartFile Open(string finalPath)
    {
        var path = finalPath + ".part";
        FileStream stream;
        try
        {
            // The advisory lock of an exclusive open ends with the process, however it ends.
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException inUse) when (File.Exists(path) && inUse is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            throw new PullException($"{Path.GetFileName(finalPath)} is being pulled by another routerd: wait for it, the file is shared ({inUse.Message})", inUse);
        }

        if (!File.Exists(path))
        {
            // The other pull renamed it between the open and the lock.
            stream.Dispose();
            throw new PullException($"{Path.GetFileName(finalPath)} was pulled by another routerd just now");
        }

        return new PartFile(stream, finalPath) { Origin = PartOrigin.Read(path + ".json") };
    }

    /// <summary>Keeps the bytes that are there when they are of this origin, else drops them.</summary>
    public async Task ContinueOrClearAsync(PartOrigin wanted, long? sizeBytes, CancellationToken cancellation)
    {
        if (Origin?.IsContinuedBy(wanted) != true || Length > sizeBytes)
        {
            Clear();
            return;
        }

        var buffer = new byte[HashBufferBytes];
        _stream.Position = 0;
        int read;
        while ((read = await _stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            _hash.AppendData(buffer, 0, read);
        }
    }

    /// <summary>Says what the bytes from here on are of, before the first of them is written.</summary>
    public void SetOrigin(PartOrigin origin)
    {
        if (Origin != origin)
        {
            origin.Write(OriginPath);
            Origin = origin;
        }
    }

    /// <summary>Adds bytes at the end.</summary>
    /// <exception cref="PullException">They cannot be written.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _stream.Position = _stream.Length;
            _stream.Write(bytes);
        }
        catch (IOException full)
        {
            throw new PullException($"{_stream.Name} cannot be written: {full.Message}", full);
        }

        _hash.AppendData(bytes);
    }

    /// <summary>Drops all bytes.</summary>
    public void Clear()
    {
        _stream.SetLength(0);
        _hash.GetHashAndReset();
        File.Delete(OriginPath);
        Origin = null;
    }

    /// <summary>SHA-256 of the bytes, 64 small hexadecimal digits.</summary>
    public string Sha256() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>The GGUF header at the start; null = there are not bytes enough yet.</summary>
    /// <param name="fileBytes">Size of the whole file; null = not known.</param>
    /// <exception cref="InvalidDataException">It is no usable GGUF file.</exception>
    public GgufHeader? Header(long? fileBytes)
    {
        _stream.Position = 0;
        try
        {
            // Disposing the buffer would close the file.
            return GgufHeader.ReadStart(new BufferedStream(_stream, 1 << 16), Path.GetFileName(_finalPath), fileBytes ?? long.MaxValue);
        }
        catch (EndOfStreamException)
        {
            return null;
        }
    }

    /// <summary>Gives the complete file its name, in one step; a file of that name is replaced.</summary>
    public void Commit()
    {
        _stream.Flush(flushToDisk: true);
        File.Move(_stream.Name, _finalPath, overwrite: true);
        File.Delete(OriginPath);
        _isGone = true;
    }

    /// <summary>Deletes the part.</summary>
    public void Delete()
    {
        File.Delete(_stream.Name);
        File.Delete(OriginPath);
        _isGone = true;
    }

    /// <summary>Closes the part and keeps it; an empty one is deleted.</summary>
    public void Dispose()
    {
        if (!_isGone && _stream.Length == 0)
        {
            Delete();
        }

        _stream.Dispose();
        _hash.Dispose();
    }
}
