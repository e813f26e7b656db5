using System.Text.Json;
using RouterDaemon.Backends;
using RouterDaemon.Engine;

namespace RouterDaemon.Http.Admin;

/// <summary>On-device models and what their slots do, as <c>GET /admin/slots</c> shows it.</summary>
internal static class SlotsJson
{
    public static void Write(Utf8JsonWriter json, IReadOnlyList<(EngineModelStatus Model, IReadOnlyList<SlotState> Slots)> models)
    {
        json.WriteStartObject();
        json.WriteStartArray("models");
        foreach (var (model, slots) in models)
        {
            Write(json, model, slots);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, EngineModelStatus model, IReadOnlyList<SlotState> slots)
    {
        json.WriteStartObject();
        json.WriteString("id", model.Id);
        json.WriteBoolean("resident", model.Resident);
        json.WriteBoolean("loading", model.Loading);
        if (model.Loading)
        {
            json.WriteNumber("load_fraction", model.LoadFraction);
        }

        json.WriteNumber("slots", model.Slots);
        json.WriteNumber("free_slots", model.FreeSlots);
        json.WriteNumber("active", model.Active);
        json.WriteNumber("queue_depth", model.QueueDepth);
        json.WriteNumber("context_tokens", model.ContextTokens);
        json.WriteNumber("resident_bytes", model.ResidentBytes);
        json.WriteNumber("threads", model.Threads);
        json.WriteNumber("last_load_ms", model.LastLoadMs);
        json.WriteString("last_error", model.LastError);
        json.WriteString("template_warning", model.TemplateWarning);
        json.WriteStartArray("slot_states");
        foreach (var slot in slots)
        {
            Write(json, slot);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, SlotState slot)
    {
        json.WriteStartObject();
        json.WriteNumber("id", slot.Id);
        json.WriteString("state", slot.Activity switch
        {
            SlotActivity.Prefilling => "prefilling",
            SlotActivity.Generating => "generating",
            SlotActivity.WaitingForReader => "waiting_for_reader",
            _ => "idle",
        });
        json.WriteNumber("held_tokens", slot.HeldTokens);
        if (slot.Activity != SlotActivity.Idle)
        {
            json.WriteNumber("prompt_tokens", slot.PromptTokens);
            json.WriteNumber("prompt_done", slot.PromptDone);
            json.WriteNumber("cached_tokens", slot.CachedTokens);
            json.WriteNumber("generated_tokens", slot.GeneratedTokens);
            json.WriteNumber("max_tokens", slot.MaxTokens);
            json.WriteNumber("running_ms", Math.Round(slot.RunningMs, 1));
            // The key's id alone: a session's name and an address are the client's own affair.
            json.WriteString("key_id", RequestSender.KeyIdOf(slot.FairnessKey));
        }

        json.WriteEndObject();
    }
}
