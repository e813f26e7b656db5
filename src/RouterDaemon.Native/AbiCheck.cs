using System.Runtime.CompilerServices;
using RouterDaemon.Native.Interop;

namespace RouterDaemon.Native;

/// <summary>
/// Proof that a library has the ABI of llama.h v0.5.0 (v0.4.0 has the same structs): sizes, symbols, version and the default
/// parameters field by field. A struct that moved shows as a default at the wrong place.
/// </summary>
internal static class AbiCheck
{
    public static readonly string[] VersionPrefixes = ["0.5.", "0.4."];

    /// <summary>Every function that <see cref="LlamaApi"/> imports.</summary>
    public static readonly string[] LlamaSymbols =
    [
        "llama_version", "llama_backend_init", "llama_supports_gpu_offload", "llama_log_set", "llama_model_default_params",
        "llama_context_default_params", "llama_model_load_from_file", "llama_model_free", "llama_init_from_model", "llama_free",
        "llama_n_ctx", "llama_n_ctx_seq", "llama_n_batch", "llama_n_ubatch", "llama_n_seq_max", "llama_pooling_type",
        "llama_model_n_ctx_train", "llama_model_n_embd", "llama_model_n_embd_out", "llama_model_n_layer", "llama_model_size",
        "llama_model_n_params", "llama_model_has_encoder", "llama_model_has_decoder", "llama_model_is_recurrent",
        "llama_model_is_hybrid", "llama_model_is_diffusion", "llama_model_desc", "llama_model_meta_val_str", "llama_model_chat_template",
        "llama_model_get_vocab", "llama_vocab_n_tokens", "llama_vocab_is_eog", "llama_vocab_is_control", "llama_vocab_bos",
        "llama_vocab_eos", "llama_vocab_eot", "llama_vocab_sep", "llama_vocab_get_add_sep", "llama_vocab_fim_pre", "llama_vocab_fim_suf", "llama_vocab_fim_mid", "llama_vocab_get_add_bos", "llama_vocab_get_add_eos", "llama_vocab_get_text",
        "llama_vocab_type", "llama_tokenize", "llama_token_to_piece", "llama_detokenize", "llama_decode",
        "llama_synchronize", "llama_get_logits_ith", "llama_get_embeddings_ith", "llama_get_embeddings_seq", "llama_set_n_threads",
        "llama_adapter_lora_init", "llama_adapter_lora_free", "llama_set_adapters_lora",
        "llama_attach_threadpool", "llama_detach_threadpool", "llama_get_memory", "llama_memory_clear", "llama_memory_seq_rm",
        "llama_memory_seq_cp", "llama_state_seq_get_size", "llama_state_seq_get_data", "llama_state_seq_set_data", "llama_memory_seq_pos_min", "llama_memory_seq_pos_max", "llama_sampler_chain_init",
        "llama_sampler_chain_add", "llama_sampler_free", "llama_sampler_apply", "llama_sampler_accept", "llama_sampler_init_dist",
        "llama_sampler_init_greedy", "llama_sampler_init_top_k", "llama_sampler_init_top_p", "llama_sampler_init_min_p",
        "llama_sampler_init_typical", "llama_sampler_init_temp", "llama_sampler_init_temp_ext", "llama_sampler_init_xtc",
        "llama_sampler_init_top_n_sigma", "llama_sampler_init_mirostat", "llama_sampler_init_mirostat_v2", "llama_sampler_init_grammar", "llama_sampler_init_dry",
    ];

    public static readonly string[] GgmlSymbols =
        ["ggml_backend_load_all_from_path", "ggml_backend_dev_count", "ggml_backend_dev_get", "ggml_backend_reg_by_name"];

    public static readonly string[] GgmlBaseSymbols =
        ["ggml_backend_dev_get_props", "ggml_backend_reg_get_proc_address", "ggml_version", "ggml_threadpool_params_init"];

    /// <summary>Returns what does not match, null when everything does.</summary>
    public static unsafe string? Verify(string version, in LlamaModelParams model, in LlamaContextParams context)
    {
        if (!VersionPrefixes.Any(p => version.StartsWith(p, StringComparison.Ordinal)))
            return $"llama_version() is \"{version}\", this build is for {string.Join(" or ", VersionPrefixes.Select(p => p + "x"))}";
        if (Unsafe.SizeOf<LlamaModelParams>() != 80 || Unsafe.SizeOf<LlamaContextParams>() != 160 || sizeof(LlamaBatch) != 56
            || sizeof(LlamaTokenDataArray) != 32 || sizeof(TokenCandidate) != 12 || sizeof(GgmlDeviceProps) != 56)
            return "the bindings' own struct sizes are not those of llama.h on this platform";
        return VerifyModel(model) ?? VerifyContext(context);
    }

    private static unsafe string? VerifyModel(in LlamaModelParams p)
    {
        Differences d = new("llama_model_default_params");
        d.Expect("devices", p.Devices, 0);
        d.Expect("tensor_buft_overrides", p.TensorBufferOverrides, 0);
        d.Expect("n_gpu_layers", p.GpuLayers, -1);
        d.Expect("split_mode", p.SplitMode, 1);
        d.Expect("load_mode", p.LoadMode, -1);
        d.Expect("lazy_mode", p.LazyMode, 1);
        d.Expect("main_gpu", p.MainGpu, 0);
        d.Expect("tensor_split", p.TensorSplit, 0);
        d.Expect("progress_callback", (nint)p.ProgressCallback, 0);
        d.Expect("progress_callback_user_data", p.ProgressUserData, 0);
        d.Expect("kv_overrides", p.KvOverrides, 0);
        d.Expect("vocab_only", p.VocabOnly, 0);
        d.Expect("check_tensors", p.CheckTensors, 0);
        d.Expect("use_extra_bufts", p.UseExtraBuffers, 1);
        d.Expect("no_host", p.NoHost, 0);
        d.Expect("no_alloc", p.NoAlloc, 0);
        d.Expect("load_mtp", p.LoadMtp, 0);
        return d.First;
    }

    private static string? VerifyContext(in LlamaContextParams p)
    {
        Differences d = new("llama_context_default_params");
        d.Expect("n_ctx", p.ContextTokens, 512);
        d.Expect("n_batch", p.BatchTokens, 2048);
        d.Expect("n_ubatch", p.MicroBatchTokens, 512);
        d.Expect("n_seq_max", p.MaxSequences, 1);
        d.Expect("n_rs_seq", p.RecurrentSnapshots, 0);
        d.Expect("n_outputs_max", p.MaxOutputs, 0);
        d.Expect("n_outputs_max_per_seq", p.MaxOutputsPerSequence, 1);
        d.Expect("n_threads", p.Threads, 4);
        d.Expect("n_threads_batch", p.ThreadsBatch, 4);
        d.Expect("ctx_type", p.ContextType, 0);
        d.Expect("rope_scaling_type", p.RopeScalingType, -1);
        d.Expect("pooling_type", p.PoolingType, -1);
        d.Expect("attention_type", p.AttentionType, -1);
        d.Expect("flash_attn_type", p.FlashAttentionType, -1);
        d.Expect("rope_freq_base", p.RopeFrequencyBase, 0);
        d.Expect("rope_freq_scale", p.RopeFrequencyScale, 0);
        d.Expect("yarn_ext_factor", p.YarnExtFactor, -1);
        d.Expect("yarn_attn_factor", p.YarnAttnFactor, -1);
        d.Expect("yarn_beta_fast", p.YarnBetaFast, -1);
        d.Expect("yarn_beta_slow", p.YarnBetaSlow, -1);
        d.Expect("yarn_orig_ctx", p.YarnOriginalContext, 0);
        d.Expect("defrag_thold", p.DefragThreshold, -1);
        d.Expect("cb_eval", p.EvalCallback, 0);
        d.Expect("cb_eval_user_data", p.EvalUserData, 0);
        d.Expect("type_k", p.TypeK, 1);
        d.Expect("type_v", p.TypeV, 1);
        d.Expect("abort_callback", p.AbortCallback, 0);
        d.Expect("abort_callback_data", p.AbortData, 0);
        d.Expect("embeddings", p.Embeddings, 0);
        d.Expect("offload_kqv", p.OffloadKqv, 1);
        d.Expect("no_perf", p.NoPerf, 1);
        d.Expect("op_offload", p.OffloadOps, 1);
        d.Expect("swa_full", p.SwaFull, 1);
        d.Expect("kv_unified", p.KvUnified, 0);
        d.Expect("samplers", p.Samplers, 0);
        d.Expect("n_samplers", p.SamplerCount, 0);
        d.Expect("ctx_other", p.ContextOther, 0);
        return d.First;
    }

    private struct Differences(string function)
    {
        public string? First { get; private set; }

        public void Expect(string field, double actual, double expected)
        {
            if (actual != expected)
                First ??= $"{function}().{field} is {actual}, expected {expected}: the struct layout has changed";
        }
    }
}
