using RouterDaemon.Native.Linux;

namespace RouterDaemon.Transport;

/// <summary>A socket that an <see cref="EpollLoop"/> watches.</summary>
internal interface IEpollSource
{
    /// <summary>Its place in the loop's table; the loop's own.</summary>
    int Slot { get; set; }

    /// <summary>Called on the loop's thread.</summary>
    void OnReady(in ReadyEvent ready);
}
