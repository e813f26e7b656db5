using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;

namespace RouterDaemon.Core.Replay;

/// <summary>The settings of a deployment that a decision reads; unmanaged.</summary>
internal struct EntryImage
{
    public Capability Capabilities;
    public TrustLevel Trust;
    public int ContextTokens;
    public double PriceInputUsdPerMillion;
    public double PriceCachedInputUsdPerMillion;
    public double PriceOutputUsdPerMillion;
    public double Quality;
    public double Weight;
    public ulong Tags;
    public int MaxInFlight;
    public int Slots;
    public bool OnDevice;
    public bool LastResort;

    public EntryImage(DeploymentEntry entry)
    {
        Capabilities = entry.Capabilities;
        Trust = entry.Trust;
        ContextTokens = entry.ContextTokens;
        PriceInputUsdPerMillion = entry.PriceInputUsdPerMillion;
        PriceCachedInputUsdPerMillion = entry.PriceCachedInputUsdPerMillion;
        PriceOutputUsdPerMillion = entry.PriceOutputUsdPerMillion;
        Quality = entry.Quality;
        Weight = entry.Weight;
        Tags = entry.Tags;
        MaxInFlight = entry.MaxInFlight;
        Slots = entry.Slots;
        OnDevice = entry.OnDevice;
        LastResort = entry.LastResort;
    }

    public readonly DeploymentEntry ToEntry(string id, string modelId, DeploymentState state) => new()
    {
        Id = id,
        ModelId = modelId,
        BackendId = "",
        UpstreamModel = "",
        Capabilities = Capabilities,
        Trust = Trust,
        ContextTokens = ContextTokens,
        PriceInputUsdPerMillion = PriceInputUsdPerMillion,
        PriceCachedInputUsdPerMillion = PriceCachedInputUsdPerMillion,
        PriceOutputUsdPerMillion = PriceOutputUsdPerMillion,
        Quality = Quality,
        Weight = Weight,
        Tags = Tags,
        MaxInFlight = MaxInFlight,
        Slots = Slots,
        OnDevice = OnDevice,
        LastResort = LastResort,
        State = state,
    };
}
