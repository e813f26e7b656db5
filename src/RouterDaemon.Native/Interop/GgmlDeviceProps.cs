using System.Runtime.InteropServices;

namespace RouterDaemon.Native.Interop;

/// <summary><c>ggml_backend_dev_props</c> of ggml-backend.h 0.25.1, 56 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GgmlDeviceProps
{
    public byte* Name;
    public byte* Description;
    public nuint MemoryFree;
    public nuint MemoryTotal;
    public int Type;
    public byte* DeviceId;
    public byte CapabilityAsync;
    public byte CapabilityHostBuffer;
    public byte CapabilityBufferFromHost;
    public byte CapabilityEvents;
    public byte CapabilityExtra;
}
