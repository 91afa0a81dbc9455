# frozen_string_literal: true

describe 'webhook' do
  on_supported_os.each do |os, facts|
    context "on #{os}" do
      let(:facts) { facts }

      it 'installs nothing unless asked' do
        is_expected.to compile.with_all_deps
        is_expected.to have_package_resource_count(0)
      end

      context 'with manage_node' do
        let(:params) { { manage_node: true } }

        it { is_expected.to compile.with_all_deps }
        it { is_expected.to contain_package('nodejs').with_ensure('installed') }

        context 'and another node_package' do
          let(:params) { super().merge(node_package: 'nodejs-22') }

          it { is_expected.to contain_package('nodejs-22').with_ensure('installed') }
          it { is_expected.to have_package_resource_count(1) }
        end
      end
    end
  end

  context 'with a node_path' do
    let(:params) { { node_path: '/opt/node-22/bin/node' } }

    it { is_expected.to contain_class('webhook').with_node_path('/opt/node-22/bin/node') }
  end

  context 'with a node_path that is no absolute path' do
    let(:params) { { node_path: 'bin/node' } }

    it { is_expected.to compile.and_raise_error(/node_path/) }
  end

  context 'with an empty node_package' do
    let(:params) { { node_package: '' } }

    it { is_expected.to compile.and_raise_error(/node_package/) }
  end
end
